#!/bin/sh
#
# check_exports.sh LIBRARY HEADER [NM [READELF]], and for a DLL: check_exports.sh --dll LIBRARY HEADER OBJDUMP
#
# The functions that the library exports are those that the public header declares, no more and no less; and the library
# needs nothing that a user would have to install. Prints TAP.

dll=
if [ "$1" = --dll ]; then
    dll=yes
    shift
fi
library=$1
header=$2

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
# What it exports, and the libraries that it needs.
if [ -n "$dll" ]; then
    "$3" -p "$library" | tr -d '\r' >"$scratch/headers"
    # The lines "[ordinal] name" of the table of names, up to the empty line behind it.
    sed -n '/^\[Ordinal\/Name Pointer\] Table/,/^$/s/^[ \t]*\[ *[0-9]*\] \(.*\)/\1/p' "$scratch/headers" |
        sed 's/.* //' | sort >"$scratch/exported"
    sed -n 's/.*DLL Name: \(.*\)/\1/p' "$scratch/headers" >"$scratch/needed"
    system='^(kernel32|ntdll|advapi32|bcrypt|msvcrt|ucrtbase|api-ms-win-core-synch-l1-2-0|api-ms-win-crt-[a-z-]*-l1-1-0)\.dll$'
else
    # Symbols of the linker and version names have type A.
    "${3:-nm}" -D --defined-only "$library" | awk '$(NF - 1) != "A" { print $NF }' | sed 's/@.*//' | sort >"$scratch/exported"
    "${4:-readelf}" -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' >"$scratch/needed"
    # The sanitizers' run-time libraries are no part of what is shipped.
    system='^(libc|libpthread|libdl|ld-linux[a-z0-9-]*|lib(a|ub|t|l)san)\.so'
fi

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

if [ ! -s "$scratch/needed" ]; then
    echo "what the library needs could not be read" >"$scratch/bad"
else
    grep -viE "$system" "$scratch/needed" | sed 's/^/the library needs /' >"$scratch/bad"
fi
result "exports_library_needs_the_c_library_alone"
