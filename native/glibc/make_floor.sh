#!/bin/sh
#
# make_floor.sh LIBC VERSION FOLDER READELF COMPILER [ARGUMENT...]
#
# Makes FOLDER/libc.so.6 for the linker: what LIBC defines, each symbol in its newest version that is not above
# GLIBC_<VERSION>. And FOLDER/libpthread.so.0 and FOLDER/libdl.so.2, with nothing in them. README.md says why.

set -eu

libc=$1
version=$2
folder=$3
readelf=$4
shift 4

mkdir -p "$folder"
"$readelf" --dyn-syms --wide "$libc" | awk -v floor="$version" -v folder="$folder" '
    # A version as one number: 2.2.5 is 2002005.
    function number(text,    part) {
        split(text, part, ".")
        return part[1] * 1000000 + part[2] * 1000 + part[3]
    }
    $4 ~ /^(FUNC|IFUNC|OBJECT)$/ && $7 != "UND" && $8 ~ /@GLIBC_[0-9.]+$/ {
        name = $8; sub(/@.*/, "", name)
        of = $8; sub(/.*@GLIBC_/, "", of)
        if (number(of) <= number(floor) && (!(name in best) || number(of) > number(best[name]))) {
            best[name] = of
            type[name] = $4 == "OBJECT" ? "object" : "function"
            bytes[name] = $3
        }
    }
    END {
        for (name in best) {
            count++
            versions[best[name]] = 1
            printf ".globl floor_%d\n.type floor_%d,%%%s\n.size floor_%d,%s\nfloor_%d:\n", count, count, type[name], count,
                bytes[name], count > (folder "/floor.s")
            printf ".symver floor_%d,%s@@GLIBC_%s,remove\n", count, name, best[name] > (folder "/floor.s")
        }
        for (of in versions)
            printf "GLIBC_%s { };\n", of > (folder "/floor.map")
        exit count == 0
    }'
printf '.section .note.GNU-stack,"",%%progbits\n' >>"$folder/floor.s"

"$@" -shared -nostdlib -Wl,-soname,libc.so.6 -Wl,--version-script="$folder/floor.map" -o "$folder/libc.so.6" \
    "$folder/floor.s"
printf '.section .note.GNU-stack,"",%%progbits\n' >"$folder/empty.s"
for name in libpthread.so.0 libdl.so.2; do
    "$@" -shared -nostdlib -Wl,-soname,"$name" -o "$folder/$name" "$folder/empty.s"
done
