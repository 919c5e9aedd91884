#!/usr/bin/env bash
#
# check-layers.sh [ROOT]   Prints every place that breaks the layering, and fails if there is one.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$here/../..}"

files=()
# The public header comes first: it says which functions are exported.
while IFS= read -r file; do
    files+=("$file")
done < <(
    find native/include -name '*.h' | sort
    find native/src -name '*.[ch]' | sort
    find src bindings -path bindings/Generator -prune -o \( -name bin -o -name obj \) -prune -o \
        \( -name '*.cs' -o -name '*.csproj' \) -print | sort
)

awk -f "$here/check-layers.awk" "${files[@]}"
