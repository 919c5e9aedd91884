#!/usr/bin/env bash
#
# instructions.sh PROGRAM   Counts the instructions of each operation of bench_instructions, and prints a table as it stands in
# instructions.baseline: facts first ("# name: value"), then "operation policy instructions", an operation a line.
#
# Under valgrind --tool=cachegrind, without its cache simulation: a count of instructions is the same on a busy machine. Each
# operation is run with two counts; the difference, divided, is free of start and end of the program.
#
# What could make counts differ between machines is taken away: the flush policy is given, addresses are fixed by valgrind,
# and the C library is told not to choose its memory functions by the size of caches or by the newest instructions. What is
# left is in the facts: compiler, C library, valgrind, and whether the processor has AVX2, by which larger payloads are hashed.

set -euo pipefail

program=$1

scratch=$(mktemp -d -p /dev/shm pmemstream-instructions-XXXXXX)
trap 'rm -rf "$scratch"' EXIT

export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-ERMS,-FSRM:glibc.cpu.x86_non_temporal_threshold=0x1000000
# The core's own copy of libpmem reads these; none is wanted.
unset PMEM_IS_PMEM_FORCE PMEM_NO_CLWB PMEM_NO_CLFLUSHOPT PMEM_NO_MOVNT PMEM_MOVNT_THRESHOLD

# count_run OPERATION POLICY COUNT   All instructions of one run.
count_run() {
    local log=$scratch/log

    rm -f "$scratch/instructions.pms"
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --log-file="$log" \
        "$program" "$scratch" "$1" "$3" "$2" >&2 || {
        cat "$log" >&2
        return 1
    }
    sed -n 's/.*I *refs: *\([0-9,]*\).*/\1/p' "$log" | tr -d ','
}

# fact NAME VALUE
fact() {
    printf '# %s: %s\n' "$1" "$2"
}

has_avx2() {
    grep -qw avx2 /proc/cpuinfo && echo yes || echo no
}

# The compiler that the program was built with, from the program itself.
compiler_of() {
    readelf -p .comment "$1" | sed -n 's/.*\(GCC: .*\|clang version .*\)/\1/p' | head -n 1
}

fact compiler "$(compiler_of "$program")"
fact "C library" "$(getconf GNU_LIBC_VERSION)"
fact valgrind "$(valgrind --version)"
fact AVX2 "$(has_avx2)"
fact "lines are flushed by" "clflush (valgrind hides clwb and clflushopt)"
while IFS= read -r operation; do
    few=256 many=2304
    [[ $operation != open ]] || { few=64 many=192; }
    for policy in cache-lines non-temporal; do
        # What neither flushes nor fences is the same by both.
        [[ $policy == cache-lines || $operation == append-* ]] || continue
        low=$(count_run "$operation" "$policy" "$few")
        high=$(count_run "$operation" "$policy" "$many")
        awk -v operation="$operation" -v policy="$policy" -v low="$low" -v high="$high" -v count=$((many - few)) \
            'BEGIN { printf "%s %s %.1f\n", operation, policy, (high - low) / count }'
    done
done < <("$program" --list)
