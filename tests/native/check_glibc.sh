#!/bin/sh
#
# check_glibc.sh LIBRARY FLOOR [READELF]
#
# The library loads with glibc FLOOR ("2.28") and everything newer: of the C library it wants no symbol in a version above
# that, nor one that is private to glibc, and no other library. Prints TAP.
#
# check_glibc.sh --self-test LIBRARY READELF   The same check on a library that was made to fail it: it must find that.

if [ "$1" = --self-test ]; then
    echo 1..1
    if sh "$0" "$2" 2.4 "$3" | grep -q '^not ok 1 '; then
        echo "ok 1 - glibc_library_above_the_floor_is_found"
    else
        echo "not ok 1 - glibc_library_above_the_floor_is_found"
    fi
    exit
fi

library=$1
floor=$2
readelf=${3:-readelf}

echo 1..3

number=0

# result DESCRIPTION BAD   The test passed if BAD is empty; else it says what is wrong.
result() {
    number=$((number + 1))
    if [ -n "$2" ]; then
        echo "not ok $number - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
    else
        echo "ok $number - $1"
    fi
}

symbols=$("$readelf" --dyn-syms --wide "$library" | awk '$7 == "UND" && $8 != ""')
needed=$("$readelf" --dynamic --wide "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')

bad=$(printf '%s\n' "$symbols" | awk -v floor="$floor" '
    function number(text,    part) {
        split(text, part, ".")
        return part[1] * 1000000 + part[2] * 1000 + part[3]
    }
    $8 ~ /@GLIBC_[0-9]/ {
        of = $8; sub(/.*@GLIBC_/, "", of); sub(/ .*/, "", of)
        seen++
        if (number(of) > number(floor))
            print $8 " is above GLIBC_" floor
    }
    END { if (seen < 20) print "no more than " seen + 0 " symbols with a version of glibc were read" }')
result "glibc_library_wants_no_symbol_above_$floor" "$bad"

# What is marked weak may be missing: the start-up code of gcc asks for some in case they are there.
bad=$(printf '%s\n' "$symbols" | awk '$8 !~ /@GLIBC_[0-9]/ && $5 != "WEAK" { print $8 " is of no public version" }')
result "glibc_library_wants_nothing_that_has_no_version" "$bad"

bad=$(printf '%s\n' "$needed" |
    grep -vE '^(libc\.so\.6|libpthread\.so\.0|libdl\.so\.2|libm\.so\.6|ld-linux[a-z0-9-]*\.so\.[0-9])$')
for name in libc.so.6 libpthread.so.0 libdl.so.2; do
    printf '%s\n' "$needed" | grep -qxF "$name" || bad="$bad $name is not named, and was a library of its own then"
done
result "glibc_library_names_the_c_library_alone" "$bad"
