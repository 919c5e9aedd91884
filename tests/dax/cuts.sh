# shellcheck shell=bash disable=SC2154 # run.sh sets what is not set here
#
# Power cuts: QEMU is killed while power_cut appends in the guest. The next boot, on what is left, compares and goes on;
# so each round is one boot. Sourced by run.sh.

# cut_round FOLDER MEDIUM STORE PATH ROUND COMPARE   One boot. With COMPARE it ends by itself; else it is cut off.
# What was acknowledged in it is added to FOLDER/acknowledged. False: the verdict is not good.
cut_boot() {
    local folder=$1 medium=$2 store=$3 path=$4 round=$5 compare=$6 arguments=() status=0

    : >"$folder/output.log"
    : >"$folder/acknowledged.now"
    write_start "$folder" power-cut "MEDIUM=$medium" "STORE=$store" "STORE_PATH=$path" "ROUND=$round" "COMPARE=$compare"
    mapfile -t arguments < <("cut_medium_$medium" "$folder")
    (qemu "$folder" "${arguments[@]}" </dev/null >"$folder/qemu.log" 2>&1) &
    machine_pid=$!
    if [[ -n $compare ]]; then
        wait_for_exit 300 || true
    else
        cut_at_random_moment "$folder" "$round"
    fi
    kill -KILL "$machine_pid" 2>/dev/null || true
    wait "$machine_pid" 2>/dev/null || status=$?
    machine_pid=
    if [[ -z $compare ]] && ((status != 128 + 9)); then
        printf 'not ok - the guest ended before it was cut off (exit code %d)\n' "$status" >>"$folder/output.log"
    fi
    "cut_after_$medium" "$folder"
    # Without the record that the cut has torn.
    head -c $(($(stat -c %s "$folder/acknowledged.now") / 48 * 48)) "$folder/acknowledged.now" >>"$folder/acknowledged"
    cat "$folder/output.log" >>"$folder/all-output.log"
}

# While the guest appends; one in four at some moment while it opens the stream, that is, recovers.
cut_at_random_moment() {
    local folder=$1 entries=$((20 + RANDOM % 300)) tries=1500

    if ((early)); then
        wait_for_marker "$folder" opening || return 0
        sleep "$(printf '0.%03d' $((RANDOM % 150)))"
        return
    fi
    wait_for_marker "$folder" working || return 0
    # So many entries at least, however slow the host is today; and then a moment that nothing has chosen.
    while (($(stat -c %s "$folder/acknowledged.now") / 48 < entries && tries-- > 0)); do
        sleep 0.02
    done
    sleep "$(printf '0.%03d' $((RANDOM % 500)))"
}

# False: the guest does not come to it within some minutes.
wait_for_marker() {
    local tries=15000

    until grep -qx "$2" "$1/output.log"; do
        if ((tries-- == 0)) || ! kill -0 "$machine_pid" 2>/dev/null || grep -q '^not ok\|^end of lane' "$1/output.log"; then
            return 1
        fi
        sleep 0.02
    done
}

# What the core must say of each.
readonly -A cut_medium_text=([pmem]="persistent memory (a file on a DAX file system)" [disk]="page cache (a file)")

# ---- the media -------------------------------------------------------------------------------------------------------

# An NVDIMM keeps what the processor has stored, whatever was flushed: QEMU knows no cache lines.
cut_medium_pmem() {
    nvdimm "$1/pmem.img"
}

cut_after_pmem() { :; }

cut_prepare_pmem() {
    truncate -s 0 "$1/pmem.img"
    truncate -s 128M "$1/pmem.img"
}

# A disk with a volatile write cache. Whatever cache mode QEMU has, what it has written when it is killed stays in the page
# cache of the host, and so survives: a missing flush would not be seen. So QEMU logs each write and each flush, and
# cut_disk makes of the image before the boot what such a disk may hold.
cut_medium_disk() {
    printf '%s\n' -blockdev "driver=file,node-name=image,filename=$1/scratch.img" \
        -blockdev "driver=file,node-name=log,filename=$1/writes.log" \
        -blockdev "driver=blklogwrites,node-name=disk,file=image,log=log,log-super-update-interval=1" \
        -device virtio-blk-pci,drive=disk,write-cache=on
    truncate -s 0 "$1/writes.log"
    cp --sparse=always "$1/disk.img" "$1/scratch.img"
}

cut_after_disk() {
    "$programs/cut_disk" "$1/disk.img" "$1/writes.log" "$RANDOM" >>"$1/output.log" 2>&1 ||
        printf 'not ok - the log of writes cannot be replayed\n' >>"$1/output.log"
}

cut_prepare_disk() {
    rm -f "$1/disk.img"
    truncate -s 160M "$1/disk.img"
    mke2fs -q -F -t ext4 -b 4096 "$1/disk.img"
}

# ---- the lane --------------------------------------------------------------------------------------------------------

# value NAME LINE   The number behind NAME=
value() {
    local rest=${2#*"$1="}

    printf '%s' "${rest%% *}"
}

last_verdict() {
    sed -n '/^verdict: /p' "$1/output.log" | tail -n 1
}

# The last record tells of an entry, and not of a clear, or of what the comparison found: the kind stands at 24.
has_entries() {
    local bytes=$(($(stat -c %s "$1") / 48 * 48))

    ((bytes > 0)) && (($(od -An -tu4 -j $((bytes - 24)) -N 4 "$1") == 1))
}

# The store under test: nothing may be lost. Prints a line for each round.
cut_rounds() {
    local folder=$1 medium=$2 round=0 verdict acknowledged before early early_cuts=0

    while ((round < rounds)); do
        early=$((round > 0 && RANDOM % 4 == 0))
        before=$(stat -c %s "$folder/acknowledged")
        cut_boot "$folder" "$medium" stream stream.pms "$round" ""
        verdict=$(last_verdict "$folder")
        if ((early)) && ! grep -q '^not ok' "$folder/output.log"; then
            early_cuts=$((early_cuts + 1))
            # The same round once more, unless it has begun to append: then the next one compares.
            ! has_entries "$folder/acknowledged.now" || round=$((round + 1))
            continue
        fi
        acknowledged=$((($(stat -c %s "$folder/acknowledged") - before) / 48))
        printf '  round %d: %s; then %d acknowledged%s\n' "$round" "${verdict:-no verdict}" "$acknowledged" \
            "$(grep -qx 'full: .*' "$folder/output.log" && printf ', full before the cut')"
        cut_judge "$folder" "$medium" "$verdict" "round $round" || return 0
        if ((acknowledged < 10)); then
            count_result "not ok" "$medium, round $round: only $acknowledged entries were acknowledged before the cut"
        fi
        round=$((round + 1))
    done
    cut_boot "$folder" "$medium" stream stream.pms "$round" compare
    verdict=$(last_verdict "$folder")
    printf '  at last: %s\n' "${verdict:-no verdict}"
    printf '  %d cuts in mid-append, %d while recovering; seed %s\n' "$round" "$early_cuts" "$seed"
    cut_judge "$folder" "$medium" "$verdict" "at last" || true
    if [[ $(value acknowledged "$verdict") == 0 ]]; then
        count_result "not ok" "$medium: nothing was compared"
    fi
}

cut_judge() {
    local folder=$1 medium=$2 verdict=$3 when=$4

    if ! grep -q "^medium: ${cut_medium_text[$medium]}" "$folder/output.log"; then
        count_result "not ok" "$medium, $when: expected the medium to be ${cut_medium_text[$medium]}, see $folder/output.log"
        return 1
    fi
    if [[ $verdict == *" lost=0 reordered=0 invented=0 damaged=0" ]] && ! grep -q '^not ok' "$folder/output.log"; then
        count_result ok "$medium, $when: nothing lost, reordered, invented or damaged"
        return
    fi
    count_result "not ok" "$medium, $when: see $folder/all-output.log"
    tail -n 20 "$folder/output.log" | sed 's/^/    /'
    return 1
}

# The control, which is wrong on purpose, must lose something within a few cuts.
cut_control() {
    local folder=$1/control medium=$2 try verdict early=0

    mkdir "$folder"
    cp "$1/initramfs" "$folder/"
    "cut_prepare_$medium" "$folder"
    for try in 1 2 3 4 5; do
        : >"$folder/acknowledged"
        cut_boot "$folder" "$medium" plain "plain-$try" 0 ""
        cut_boot "$folder" "$medium" plain "plain-$try" 1 compare
        verdict=$(last_verdict "$folder")
        printf '  control, cut %d: %s\n' "$try" "${verdict:-no verdict}"
        if [[ -n $verdict && $(value lost "$verdict") -gt 0 ]]; then
            count_result ok "$medium: the control, a growing file without MAP_SYNC or fsync, loses what it acknowledged"
            return
        fi
    done
    count_result "not ok" "$medium: the control lost nothing in 5 cuts, so this lane would not see a loss"
}

# lane_cuts MEDIUM MODULE...
lane_cuts() {
    local medium=$1 folder=$work/cuts-$1
    shift

    rm -rf "$folder"
    mkdir -p "$folder"
    make_initramfs "$folder/initramfs" "$@"
    "cut_prepare_$medium" "$folder"
    : >"$folder/acknowledged"
    RANDOM=$((seed % 32768))
    cut_rounds "$folder" "$medium"
    cut_control "$folder" "$medium"
}

# ---- the comparison itself -------------------------------------------------------------------------------------------

# compare_must_say WHAT PATTERN FOLDER   The verdict on a copy of FOLDER/stream with FOLDER/told as its acknowledgements.
compare_must_say() {
    local what=$1 pattern=$2 folder=$3

    cp --sparse=always "$folder/stream" "$folder/copy"
    "$programs/power_cut" stream "$folder/copy" "$seed" 1 "$folder/told" /dev/null compare >"$folder/output.log" 2>&1 || true
    # shellcheck disable=SC2053 # it is a pattern
    if [[ $(last_verdict "$folder") == $pattern ]]; then
        count_result ok "compare: $what"
    else
        count_result "not ok" "compare: $what: expected $pattern"
        tail -n 5 "$folder/output.log" | sed 's/^/    /'
    fi
}

# set_bytes FILE OFFSET HEX...   Overwrites bytes.
set_bytes() {
    local file=$1 offset=$2
    shift 2

    # shellcheck disable=SC2059 # the escapes are the point
    printf "$(printf '\\x%s' "$@")" | dd of="$file" bs=1 seek="$offset" conv=notrunc status=none
}

# Without QEMU: a writer is killed, and then what is compared is falsified, so that each kind of finding is seen once. In
# a record of 48 bytes the sequence number stands at 16, the offset at 32.
lane_compare() {
    local folder=$work/compare writer tries=600 size

    : >"$folder/none"
    : >"$folder/acknowledged"
    "$programs/power_cut" stream "$folder/stream" "$seed" 0 "$folder/none" "$folder/acknowledged" >"$folder/writer.log" &
    writer=$!
    until (($(stat -c %s "$folder/acknowledged") >= 100 * 48 || tries-- == 0)); do
        sleep 0.1
    done
    kill -KILL "$writer"
    wait "$writer" 2>/dev/null || true
    size=$(stat -c %s "$folder/acknowledged")

    cp "$folder/acknowledged" "$folder/told"
    compare_must_say "a killed writer is found good" "* lost=0 reordered=0 invented=0 damaged=0" "$folder"
    set_bytes "$folder/told" $((5 * 48 + 32)) 40 00 00 00 00 00 00 00
    compare_must_say "an entry at another place is noticed" "* lost=0 reordered=1 invented=0 damaged=0" "$folder"
    head -c $((size - 20 * 48)) "$folder/acknowledged" >"$folder/told"
    compare_must_say "entries that nobody acknowledged are noticed" "* lost=0 reordered=0 invented=[12][0-9] damaged=0" "$folder"
    cp "$folder/acknowledged" "$folder/told"
    head -c 48 "$folder/acknowledged" >>"$folder/told"
    set_bytes "$folder/told" $((size + 16)) 00 00 00 00 00 01 00 00
    compare_must_say "an entry that is not there is noticed" "* lost=1 reordered=0 invented=0 damaged=0" "$folder"
}
