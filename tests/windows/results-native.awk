# What "ctest --verbose" printed, as "<outcome> native <program> <test>" lines; outcome: passed, failed or skipped.

{
    sub(/\r$/, "")
}

/^[ ]*Start +[0-9]+: / {
    match($0, /[0-9]+: /)
    name[substr($0, RSTART, RLENGTH - 2)] = substr($0, RSTART + RLENGTH)
    next
}

/^[0-9]+: / {
    id = $1
    sub(/:$/, "", id)
    line = $0
    sub(/^[0-9]+: /, "", line)
    if (line ~ /^(not )?ok [0-9]+ # SKIP/) {
        sub(/.*# SKIP */, "", line)
        print "skipped", "native", name[id], line
    } else if (line ~ /^ok [0-9]+ - /) {
        sub(/^ok [0-9]+ - /, "", line)
        print "passed", "native", name[id], line
    } else if (line ~ /^not ok [0-9]+ - /) {
        sub(/^not ok [0-9]+ - /, "", line)
        print "failed", "native", name[id], line
    }
}
