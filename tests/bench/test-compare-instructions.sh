#!/usr/bin/env bash
#
# Controls of compare-instructions.awk: tables that are changed on purpose, from the committed baseline. Each says how many
# counts pass and fail, and a text that has to be printed. The last line says how many controls passed and failed.

# shellcheck disable=SC2016 # awk expands them

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

measured=$here/instructions.baseline
count=$(grep -vc '^#' "$measured")
passed=0
failed=0

# control NAME PASSED FAILED TEXT AWK-PROGRAM   The baseline changed by the program, beside the counts as they are.
control() {
    local name=$1 line="$2 passed, $3 failed" text=$4 output status=0

    awk "$5" "$measured" >"$scratch/baseline"
    output=$(awk -f "$here/compare-instructions.awk" "$scratch/baseline" "$measured") || status=$?
    if [[ $(tail -n 1 <<<"$output") != "$line" ]] || ((status != ($3 > 0))) || ! grep -qF -- "$text" <<<"$output"; then
        printf '  FAILED control "%s": expected "%s", exit code %d and "%s"; found exit code %d and:\n%s\n' \
            "$name" "$line" $(($3 > 0)) "$text" "$status" "$output"
        failed=$((failed + 1))
        return
    fi
    printf '  ok     control: %s\n' "$name"
    passed=$((passed + 1))
}

# scale OPERATION FACTOR   An awk program that changes the first count of the operation in the baseline.
scale() {
    printf '$1 == "%s" && !done { $3 *= %s; done = 1 } { print }' "$1" "$2"
}

control "the counts themselves" "$count" 0 "ok" '{ print }'
control "2.9 % above the baseline" "$count" 0 "+2.9 %" "$(scale append-64 1/1.029)"
control "3.1 % above the baseline" $((count - 1)) 1 "a regression" "$(scale append-64 1/1.031)"
control "2.9 % below the baseline" "$count" 0 "-2.9 %" "$(scale append-64 1/0.971)"
control "3.1 % below the baseline" $((count - 1)) 1 "better: --update" "$(scale append-64 1/0.969)"
control "an operation that the baseline lacks" $((count - 1)) 1 "does not have it" '$1 != "open" { print }'
control "an operation that was not counted" "$count" 1 "was not counted" '{ print } END { print "nothing cache-lines 100.0" }'
control "a line that is no count" "$count" 1 "expected an operation" '{ print } END { print "append-64 cache-lines many" }'
control "another compiler" 0 1 "for another compiler" '/^# compiler/ { $0 = "# compiler: GCC: 1.0" } { print }'
control "another C library" 0 1 "for another C library" '/^# C library/ { $0 = "# C library: other" } { print }'
control "a baseline without its compiler" 0 1 "for another compiler" '!/^# compiler/ { print }'
control "no baseline" 0 1 "Nothing was compared" '0'

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0 && passed > 0))
