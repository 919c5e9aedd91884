# compare.awk LIST EXPECTED RESULTS
#
#   LIST      tests that cannot run: "<suite> <test>  # <reason>"; a "*" stands for any text. (not-run.txt)
#   EXPECTED  the tests that Linux has: "<suite> <test>"
#   RESULTS   what came of them: "<outcome> <suite> <test>"
#
# Each test that Linux has must have passed, or be on the list. An entry of the list that names no test, or one that
# passed, is a failure. Prints the list as it was used, what failed, and as the last line "passed failed listed extra".

# Does the text fit the pattern, in which "*" stands for any text? What comes before the first one must begin the text, what
# comes behind the last one must end it, and the rest must follow each other.
function fits(text, pattern,    parts, count, i, at) {
    count = split(pattern, parts, "*")
    if (count == 1)
        return text == pattern
    if (substr(text, 1, length(parts[1])) != parts[1])
        return 0
    text = substr(text, length(parts[1]) + 1)
    for (i = 2; i < count; i++) {
        at = index(text, parts[i])
        if (!at)
            return 0
        text = substr(text, at + length(parts[i]))
    }
    return length(text) >= length(parts[count]) && substr(text, length(text) - length(parts[count]) + 1) == parts[count]
}

function entry_for(test,    i) {
    for (i = 1; i <= entries; i++)
        if (fits(test, pattern[i]))
            return i
    return 0
}

FNR == 1 {
    file++
}

file == 1 && !/^(#|[ \t]*$)/ {
    at = index($0, "  # ")
    if (!at) {
        printf "  FAILED the list: no reason: %s\n", $0
        failed++
        next
    }
    pattern[++entries] = substr($0, 1, at - 1)
    reason[entries] = substr($0, at + 4)
    next
}

file == 2 {
    expected[$0]++
    order[++count] = $0
    next
}

file == 3 {
    outcome = $1
    test = substr($0, length($1) + 2)
    if (!(test in expected)) {
        if (outcome == "passed")
            extra++
        else {
            printf "  FAILED %s: %s, and Linux has no such test\n", test, outcome
            failed++
        }
        next
    }
    outcomes[test] = outcomes[test] " " outcome
}

END {
    for (i = 1; i <= count; i++) {
        test = order[i]
        if (expected[test] == 0)
            continue
        same = expected[test] # tests of one name count as often as they are there
        expected[test] = 0
        entry = entry_for(test)
        good = gsub(/ passed/, "", outcomes[test])
        if (!entry) {
            passed += good < same ? good : same
            if (good < same) {
                printf "  FAILED %s:%s\n", test, outcomes[test] == "" ? " its result never came" : outcomes[test]
                failed += same - good
            }
            continue
        }
        used[entry] += same
        if (good) {
            printf "  FAILED %s: it is on the list, and passed\n", test
            failed++
        } else
            listed += same
    }
    for (i = 1; i <= entries; i++) {
        if (used[i])
            printf "  not run: %s (%d): %s\n", pattern[i], used[i], reason[i]
        else {
            printf "  FAILED the list: Linux has no such test: %s\n", pattern[i]
            failed++
        }
    }
    if (passed + listed + failed == 0 || passed + listed > count)
        failed++
    printf "  %d tests on Linux: %d passed, %d on the list; %d of Windows alone\n", count, passed, listed, extra
    print passed + extra, failed + 0
}
