# Counts the results of the native tests in what "ctest --verbose" prints: lines of TAP, each behind the
# number of its program ("3: ok 1 - name").
#
# A skipped test is a failed one, unless its reason ("SKIP-REASON: ...", printed before) begins with
# "allowed:". Results that a plan ("1..9") promised and that never came are one failure each, and a
# program that ended badly without showing why is one failure.
#
# Prints what needs to be seen, indented, and as the last line "passed failed".

function show(verdict, what, why) {
    printf "  %s %s%s\n", verdict, what, why == "" ? "" : ": " why
}

/^[ ]*Start +[0-9]+: / {
    match($0, /[0-9]+: /)
    id = substr($0, RSTART, RLENGTH - 2)
    name[id] = substr($0, RSTART + RLENGTH)
    next
}

/^[0-9]+: / {
    id = $1
    sub(/:$/, "", id)
    line = $0
    sub(/^[0-9]+: /, "", line)

    if (line ~ /^1\.\.[0-9]+/) {
        planned[id] += substr(line, 4)
    } else if (line ~ /SKIP-REASON: /) {
        reason[id] = line
        sub(/.*SKIP-REASON: /, "", reason[id])
    } else if (line ~ /^(not )?ok [0-9]+ # SKIP/) {
        test = line
        sub(/.*# SKIP */, "", test)
        seen[id]++
        if (reason[id] ~ /^allowed:/) {
            show("skipped", name[id] " " test, reason[id])
        } else {
            show("FAILED", name[id] " " test, "skipped: " (reason[id] == "" ? "no reason given" : reason[id]))
            failed++
            failed_in[id]++
        }
        reason[id] = ""
    } else if (line ~ /^ok [0-9]+/) {
        seen[id]++
        passed++
        reason[id] = ""
        comments_of = ""
    } else if (line ~ /^not ok [0-9]+/) {
        test = line
        sub(/^not ok [0-9]+ (- )?/, "", test)
        seen[id]++
        failed++
        failed_in[id]++
        show("FAILED", name[id] " " test, "")
        reason[id] = ""
        comments_of = id
    } else if (line ~ /^# / && comments_of == id) {
        printf "    %s\n", substr(line, 3)
    }
    next
}

# " 3/9 Test #3: test_append ......   Passed    0.01 sec", or "***Failed", "***Timeout", "***Exception: ..."
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    match($0, /#[0-9]+/)
    id = substr($0, RSTART + 1, RLENGTH - 1)
    verdict = $0
    sub(/^[^.]*\.+/, "", verdict)
    sub(/ +[0-9.]+ sec.*/, "", verdict)
    gsub(/^ +/, "", verdict)
    if (planned[id] > seen[id]) {
        missing = planned[id] - seen[id]
        show("FAILED", name[id], missing " planned results never came (" verdict ")")
        failed += missing
    } else if (verdict !~ /Passed/ && !failed_in[id]) {
        show("FAILED", name[id], verdict)
        failed++
    } else if (!seen[id]) {
        show("FAILED", name[id], "it reported no test")
        failed++
    }
}

END {
    print passed + 0, failed + 0
}
