#!/bin/sh
#
# check_exports.sh LIBRARY HEADER [NM [READELF]]
#
# The functions that the library exports are those that the public header declares, no more and no less; and the library
# needs nothing that a user would have to install. Prints TAP.

library=$1
header=$2
nm=${3:-nm}
readelf=${4:-readelf}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

echo 1..4

number=0

# result DESCRIPTION   The test passed if the file $scratch/bad is empty; else it says what is wrong.
result() {
    number=$((number + 1))
    if [ -s "$scratch/bad" ]; then
        echo "not ok $number - $1"
        sed 's/^/# /' "$scratch/bad"
    else
        echo "ok $number - $1"
    fi
}

# From PMS_API to the parenthesis: the name is what stands before it.
tr '\n\t' '  ' <"$header" | sed 's/PMS_API /\
PMS_API /g' | sed -n 's/^PMS_API [^;(]*[ *]\(pms_[a-z0-9_]*\)(.*/\1/p' | sort >"$scratch/declared"
# Symbols of the linker and version names have type A.
"$nm" -D --defined-only "$library" | awk '$(NF - 1) != "A" { print $NF }' | sed 's/@.*//' | sort >"$scratch/exported"

: >"$scratch/bad"
declared=$(wc -l <"$scratch/declared")
marked=$(grep -c '^PMS_API ' "$header")
if [ "$declared" -eq 0 ] || [ "$declared" -ne "$marked" ]; then
    echo "$declared functions were read from the header, PMS_API stands there $marked times" >"$scratch/bad"
fi
result "exports_header_every_declaration_is_read"

comm -23 "$scratch/declared" "$scratch/exported" | sed 's/$/ is declared and not exported/' >"$scratch/bad"
result "exports_library_every_declared_function_is_exported"

comm -13 "$scratch/declared" "$scratch/exported" | sed 's/$/ is exported and not declared/' >"$scratch/bad"
result "exports_library_nothing_else_is_exported"

"$readelf" -d "$library" >"$scratch/dynamic"
if ! grep -q '(NEEDED)' "$scratch/dynamic"; then
    echo "what the library needs could not be read" >"$scratch/bad"
else
    # The sanitizers' run-time libraries are no part of what is shipped.
    sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' "$scratch/dynamic" |
        grep -vE '^(libc|libpthread|libdl|ld-linux[a-z0-9-]*|lib(a|ub|t|l)san)\.so' |
        sed 's/^/the library needs /' >"$scratch/bad"
fi
result "exports_library_needs_the_c_library_alone"
