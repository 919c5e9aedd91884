# shellcheck shell=bash disable=SC2154 # checks.sh sets what is not set here
# One boot of the power cuts: what is there is mounted (made on the first one), and power_cut does the rest.

# Quiet, unless it fails: run.sh waits for what power_cut prints.
quietly() {
    "$@" >"$log" 2>&1 || check "$*" "$@"
}

case $MEDIUM in
    pmem)
        folder=/mnt/pmem
        if [[ ! -e /dev/pmem0 || $(cat /sys/bus/nd/devices/namespace0.0/mode) == raw ]]; then
            quietly make_namespace fsdax
            quietly mkfs.ext4 -q -F -b 4096 /dev/pmem0
        fi
        quietly mount -t ext4 -o dax=always /dev/pmem0 $folder
        ;;
    disk)
        folder=/mnt/disk
        quietly mount -t ext4 /dev/vda $folder
        ;;
esac
# What it prints leaves the machine before it goes on: nothing may stand in between.
# shellcheck disable=SC2086 # COMPARE is one word, or none
"$programs/power_cut" "$STORE" "$folder/$STORE_PATH" "$SEED" "$ROUND" /mnt/lane/acknowledged io:0xe9 $COMPARE
status=$?
# 1: it has compared, and said what is wrong.
if ((status > 1)); then
    printf 'not ok - power_cut ended with exit code %s\n' $status
fi
