# shellcheck shell=bash
#
# Sourced in the guest before the script of the lane. run.sh counts the lines "ok - " and "not ok - ".

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_TieredPGO=0
readonly programs=$REPOSITORY/build/release/tests/dax
readonly log=/tmp/check.log

# check NAME COMMAND [ARGUMENT...]
check() {
    local name=$1 status=0
    shift

    "$@" >"$log" 2>&1 || status=$?
    if ((status == 0)); then
        printf 'ok - %s\n' "$name"
    else
        printf 'not ok - %s (exit code %s)\n' "$name" "$status"
        tail -n 20 "$log" | sed 's/^/# /'
    fi
    return "$status"
}

# need NAME COMMAND [ARGUMENT...]   As check, but without it the rest of the lane means nothing.
need() {
    check "$@" || {
        end_of_lane
        exit 1
    }
}

# check_refused NAME CODE COMMAND [ARGUMENT...]   The command must fail with that exit code.
check_refused() {
    local name=$1 code=$2 status=0
    shift 2

    "$@" >"$log" 2>&1 || status=$?
    if ((status == code)); then
        printf 'ok - %s\n' "$name"
    else
        printf 'not ok - %s (exit code %s, %s was expected)\n' "$name" "$status" "$code"
        tail -n 20 "$log" | sed 's/^/# /'
    fi
}

# check_line FILE PATTERN   Some line of FILE is matched as a whole.
check_line() {
    if grep -qxE -- "$2" "$1"; then
        printf 'ok - %s\n' "$(grep -m 1 -xE -- "$2" "$1")"
    else
        printf 'not ok - expected %s\n' "$2"
        sed 's/^/# /' "$1"
    fi
}

# The last line of each lane; without it run.sh counts a failure.
end_of_lane() {
    printf 'end of lane\n'
}

# make_namespace fsdax|devdax   What the NVDIMM, which is raw at first, is to be.
make_namespace() {
    ndctl create-namespace -f -e namespace0.0 -m "$1" --map=mem
}

# mount_dax ext4|xfs   At /mnt/pmem.
mount_dax() {
    local device=/dev/pmem0 type=$1

    case $type in
        ext4) mkfs.ext4 -q -F -b 4096 "$device" && mount -t ext4 -o dax=always "$device" /mnt/pmem ;;
        # Reflinks and DAX exclude each other in this kernel.
        xfs) mkfs.xfs -q -f -m reflink=0 "$device" && mount -t xfs -o dax=always "$device" /mnt/pmem ;;
    esac
}

# tool ARGUMENT...   The command-line tool.
tool() {
    "$DOTNET" "$REPOSITORY/src/PmemStream.Cli/bin/Release/net10.0/pmemstream.dll" "$@"
}

# demo PATH   The demo, with its stream at PATH.
demo() {
    PMEMSTREAM_PATH=$1 "$DOTNET" "$REPOSITORY/tests/PmemStream.Demo/bin/Release/net10.0/PmemStream.Demo.dll" \
        "$REPOSITORY/README.md"
}

# check_flushes FLUSHES FENCES PATH   What the processor does in one append of 1000 bytes, which are 16 lines.
check_flushes() {
    "$programs/count_flushes" "$3" 1000 >/tmp/flushes
    check_line /tmp/flushes "flushes=$1 .* fences=$2 instructions=.*"
}

# check_kill PATH   The writer of the power cuts is killed three times in mid-append, and compared; then it goes on.
check_kill() {
    local path=$1 round

    : >/tmp/acknowledged
    for round in 0 1 2; do
        cp /tmp/acknowledged /tmp/before
        "$programs/power_cut" stream "$path" "$SEED" "$round" /tmp/before /tmp/acknowledged >/tmp/killed 2>&1 &
        wait_for_line /tmp/killed working
        sleep "0.$((RANDOM % 5))"
        kill -KILL $!
        wait $! 2>/dev/null
        check "round $round ends with the kill" grep -qx working /tmp/killed
    done
    check "entries were acknowledged before the kills" test "$(stat -c %s /tmp/acknowledged)" -gt $((100 * 48))
    cp /tmp/acknowledged /tmp/before
    check "nothing that was acknowledged is lost, nothing is invented" \
        "$programs/power_cut" stream "$path" "$SEED" 3 /tmp/before /tmp/acknowledged compare
}

# wait_for_line FILE LINE   For a minute at most.
wait_for_line() {
    local tries=600

    until grep -qx "$2" "$1" || ((tries-- == 0)); do
        sleep 0.1
    done
}
