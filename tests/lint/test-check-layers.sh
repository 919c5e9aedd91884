#!/usr/bin/env bash
#
# Shows that check-layers finds what it is there to find: each case of layers.cases is put on disk and checked, and the
# findings must be those that the case expects. Each rule must have been broken by some case.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cases=0
failed=0

# plant NUMBER   Puts case NUMBER (0: what every case has) into $scratch/tree; its expectations into $scratch/expected.
plant() {
    awk -v wanted="$1" -v tree="$scratch/tree" -v expected="$scratch/expected" '
        /^== /         { number++; file = ""; next }
        number + 0 != wanted { next }
        /^-- /         { file = tree "/" $2; folder = file; sub(/\/[^\/]*$/, "", folder)
                         system("mkdir -p \"" folder "\""); next }
        /^>> /         { print substr($0, 4) >expected; file = ""; next }
        /^# ---- /     { file = "" }
        file != ""     { print >file }
    ' "$here/layers.cases"
}

# run_case NUMBER NAME
run_case() {
    rm -rf "$scratch/tree" "$scratch/expected"
    mkdir -p "$scratch"/tree/{native/{include,src},src,bindings}
    touch "$scratch/expected"
    plant 0
    plant "$1"
    "$here/check-layers.sh" "$scratch/tree" >"$scratch/output" 2>&1 || true
    sed 's/^\([^ ]*: [a-z-]*\): .*/\1/' "$scratch/output" | sort >"$scratch/found"
    cases=$((cases + 1))
    if ! diff <(sort "$scratch/expected") "$scratch/found" >"$scratch/difference"; then
        failed=$((failed + 1))
        printf 'FAILED: %s (< expected, > found)\n' "$2"
        sed 's/^/    /' "$scratch/difference"
        sed 's/^/    /' "$scratch/output"
    fi
}

number=0
while IFS= read -r case_name; do
    number=$((number + 1))
    run_case "$number" "$case_name"
done < <(sed -n 's/^== //p' "$here/layers.cases")

while IFS= read -r rule; do
    if ! grep -q "^>> .*: $rule\$" "$here/layers.cases"; then
        failed=$((failed + 1))
        printf 'FAILED: no case breaks the rule "%s"\n' "$rule"
    fi
done < <(sed -n 's/.*report("\([a-z-]*\)".*/\1/p' "$here/check-layers.awk" | sort -u)

printf '%d cases, %d failed\n' "$cases" "$failed"
((failed == 0 && cases > 0))
