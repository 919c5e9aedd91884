#!/usr/bin/env bash
#
# tests/dax/run.sh [--lane NAME] [--rounds N] [--seed N] [--deep] [--shell NAME]
#
# Everything that needs another machine: tests/dax/README.md tells what the lanes are. ./build.sh test-dax builds what
# runs in them, and calls this. The last line is "N passed, N failed".

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root work=$root/build/dax programs=$root/build/release/tests/dax
readonly lanes=(fsdax devdax eadr virtio-pmem xfs compare cuts-pmem cuts-disk)
# mkfs.xfs wants 300 MiB.
readonly -A pmem_size=([xfs]=384M)

rounds=3
deep=0
seed=$((RANDOM * 32768 + RANDOM))
passed=0
failed=0
machine_pid=

# shellcheck source=tests/dax/machine.sh
. "$root/tests/dax/machine.sh"
# shellcheck source=tests/dax/cuts.sh
. "$root/tests/dax/cuts.sh"

usage() {
    printf 'run.sh: %s\nexpected [--lane NAME] [--rounds N] [--seed N] [--deep] [--shell NAME]; lanes: %s\n' "$1" "${lanes[*]}" >&2
    exit 2
}

# count_result ok|"not ok" TEXT
count_result() {
    if [[ $1 == ok ]]; then
        passed=$((passed + 1))
        printf '  ok %s\n' "$2"
    else
        failed=$((failed + 1))
        printf '  FAILED %s\n' "$2"
    fi
}

# count_lane NAME FOLDER   The checks that the guest printed.
count_lane() {
    local name=$1 output=$2/output.log line ended=0

    while IFS= read -r line; do
        case $line in
            "ok - "*) count_result ok "$name: ${line#ok - }" ;;
            "not ok - "*) count_result "not ok" "$name: ${line#not ok - }" ;;
            "# "*) printf '    %s\n' "${line#\# }" ;;
            "end of lane") ended=1 ;;
        esac
    done <"$output"
    if ((!ended)); then
        count_result "not ok" "$name: the guest did not come to its end, see $2"
        tail -n 5 "$2/qemu.log" "$2/console.log" 2>/dev/null | sed 's/^/    /' || true
    fi
}

# The native tests that ran in the guest, by the rules of ./build.sh test.
count_native() {
    local folder=$1 results native_passed native_failed

    sed -n 's/^native| //p' "$folder/output.log" >"$folder/native.log"
    results=$(awk -f "$root/tests/count-native.awk" "$folder/native.log")
    grep '^ ' <<<"$results" || true
    read -r native_passed native_failed < <(tail -n 1 <<<"$results")
    printf '  native tests: %d passed, %d failed\n' "$native_passed" "$native_failed"
    passed=$((passed + native_passed))
    failed=$((failed + native_failed))
    if (($(grep -c '^    Start' "$folder/native.log") != $(wc -l <"$folder/native-tests"))); then
        count_result "not ok" "fsdax: some native test programs did not run, see $folder/native.log"
    fi
}

# What is left out takes minutes on an emulated processor, and does not depend on what it runs on.
list_native_tests() {
    local left_out='test_(corruption.*|power|failing.*|grow_threads)'

    ((!deep)) || left_out=none
    ctest --test-dir "$root/build/release" -N -L native |
        sed -n 's/^ *Test *#\([0-9]*\): \(test_.*\)$/\1 \2/p' | grep -vxE "[0-9]+ $left_out"
}

# lane NAME SECONDS MODULE... -- QEMU-ARGUMENT...
lane() {
    local name=$1 limit=$2 folder=$work/$1 modules=()
    shift 2

    while [[ $1 != -- ]]; do
        modules+=("$1")
        shift
    done
    shift
    make_initramfs "$folder/initramfs" "${modules[@]}"
    write_start "$folder" "$name"
    if [[ -f $folder/shell ]]; then
        qemu "$folder" "$@"
    fi
    boot "$folder" "$limit" "$@"
    count_lane "$name" "$folder"
}

run_lane() {
    local name=$1 folder=$work/$1 started=$SECONDS memory disk

    printf '\n== Lane %s\n' "$name"
    rm -rf "$folder"
    mkdir -p "$folder"
    [[ $name != "$shell" ]] || touch "$folder/shell"
    truncate -s "${pmem_size[$name]:-128M}" "$folder/pmem.img"
    mapfile -t memory < <(nvdimm "$folder/pmem.img")
    case $name in
        fsdax)
            list_native_tests >"$folder/native-tests"
            truncate -s 512M "$folder/disk.img"
            mke2fs -q -F -t ext4 "$folder/disk.img"
            mapfile -t disk < <(scratch_disk "$folder/disk.img")
            lane fsdax $((deep ? 3600 : 900)) nfit crc32c_generic nd_pmem ext4 virtio_blk -- "${memory[@]}" "${disk[@]}"
            count_native "$folder"
            ;;
        devdax) lane devdax 500 nfit nd_pmem device_dax dax_pmem -- "${memory[@]}" ;;
        eadr)
            lane eadr 400 nfit crc32c_generic nd_pmem ext4 -- --machine nvdimm-persistence=cpu "${memory[@]}"
            ;;
        # libcrc32c, which XFS needs, looks for crc32c while it is being loaded: that comes first.
        xfs) lane xfs 400 crc32c_generic nfit nd_pmem xfs -- "${memory[@]}" ;;
        virtio-pmem)
            mapfile -t memory < <(virtio_pmem "$folder/pmem.img")
            lane virtio-pmem 400 virtio_pmem crc32c_generic nd_pmem ext4 -- "${memory[@]}"
            ;;
        compare) lane_compare ;;
        cuts-pmem) lane_cuts pmem nfit crc32c_generic nd_pmem ext4 ;;
        cuts-disk) lane_cuts disk crc32c_generic ext4 virtio_blk ;;
    esac
    find "$folder" \( -name '*.img' -o -name writes.log \) -delete
    printf '  %d s\n' $((SECONDS - started))
}

# Each lane is a machine with one processor: as many at a time as there are processors here. What a lane says comes when all
# before it have ended.
run_side_by_side() {
    local options=(--rounds "$rounds" --seed "$seed") pids=() i name lane_passed lane_failed

    ((!deep)) || options+=(--deep)
    for name in "$@"; do
        while (($(jobs -rp | wc -l) >= $(nproc))); do
            wait -n || true
        done
        "$root/tests/dax/run.sh" --lane "$name" "${options[@]}" >"$work/$name.log" 2>&1 &
        pids+=($!)
    done
    for ((i = 0; i < $#; i++)); do
        name=${*:i+1:1}
        wait "${pids[i]}" || true
        if [[ $(tail -n 1 "$work/$name.log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            lane_passed=${BASH_REMATCH[1]} lane_failed=${BASH_REMATCH[2]}
            head -n -2 "$work/$name.log"
        else
            lane_passed=0 lane_failed=1
            cat "$work/$name.log"
            printf '  FAILED %s: it did not come to its end\n' "$name"
        fi
        passed=$((passed + lane_passed))
        failed=$((failed + lane_failed))
    done
}

# No machine may be left behind.
# shellcheck disable=SC2317 # it is called by the trap
finish() {
    local lanes_running

    [[ -z $machine_pid ]] || kill -KILL "$machine_pid" 2>/dev/null || true
    lanes_running=$(jobs -rp)
    # shellcheck disable=SC2086 # one argument each
    [[ -z $lanes_running ]] || kill $lanes_running 2>/dev/null || true
}

main() {
    local wanted=() shell="" name command

    while (($#)); do
        case $1 in
            --lane) wanted+=("${2:-}") ;;
            --rounds) rounds=${2:-} ;;
            --seed) seed=${2:-} ;;
            --shell) shell=${2:-} wanted=("${2:-}") ;;
            --deep)
                deep=1
                shift
                continue
                ;;
            *) usage "'$1' is no option" ;;
        esac
        shift 2 || usage "a value is missing"
    done
    [[ $rounds =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ ]] || usage "N is a number"
    ((${#wanted[@]})) || wanted=("${lanes[@]}")
    for name in "${wanted[@]}"; do
        [[ " ${lanes[*]} " == *" $name "* ]] || usage "there is no lane '$name'"
        [[ $name != "$shell" || $name != @(compare|cuts-*) ]] || usage "the lane '$name' has no shell"
    done
    for command in qemu-system-x86_64 busybox ndctl mke2fs mkfs.xfs xz dpkg-deb apt-get dotnet; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null ||
            missing "$command is missing: these lanes need x86-64 Debian with qemu-system-x86, busybox-static, ndctl, e2fsprogs, xfsprogs, xz-utils"
    done
    PATH=$PATH:/usr/sbin:/sbin

    trap finish EXIT
    mkdir -p "$work"
    fetch_kernel
    if ((${#wanted[@]} > 1)); then
        run_side_by_side "${wanted[@]}"
    else
        run_lane "${wanted[0]}"
    fi
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    # Not by a return: bash reads a script while it runs, and this one runs long enough to be edited meanwhile.
    exit $((failed > 0 || passed == 0))
}

main "$@"
