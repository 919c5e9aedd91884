#!/bin/sh
#
# expect_report.sh NAME [REPORT...] -- PROGRAM [ARGUMENT...]   Runs a program that is wrong on purpose: it has to fail, and
# what it prints has to match each extended expression REPORT. Without any, it has to succeed and to print nothing.
#
# The result is one line of TAP with that name.

name=$1
shift

reports=
while [ "$1" != -- ]; do
    reports="$reports$1
"
    shift
done
shift

echo "1..1"
output=$("$@" 2>&1)
status=$?

wrong=
if [ -z "$reports" ]; then
    [ "$status" -eq 0 ] && [ -z "$output" ] || wrong="exit code $status; expected 0 and no output"
else
    [ "$status" -ne 0 ] || wrong="the program succeeded: nothing was reported"
    while IFS= read -r report; do
        [ -z "$report" ] || printf '%s\n' "$output" | grep -qE -e "$report" || wrong="$wrong; no line matches '$report'"
    done <<END
$reports
END
fi

if [ -z "$wrong" ]; then
    echo "ok 1 - $name"
else
    echo "not ok 1 - $name"
    printf '# %s\n' "$wrong"
    printf '%s\n' "$output" | sed 's/^/# /'
    exit 1
fi
