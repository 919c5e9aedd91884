# awk -f compare-instructions.awk BASELINE MEASURED
#
# Compares two tables of instructions.sh. A count may be 3 % above or below the baseline (-v tolerance=3): above is a
# regression, below an improvement that the baseline does not know of yet; both fail. An operation that only one of them has
# fails, too. The last line says how many counts passed and failed.
#
# Counts of another compiler, C library, valgrind or AVX2 say nothing about the code, so nothing is compared then: that is
# one failure, which names what differs and what to do.

function facts_differ(    name, count) {
    for (name in facts)
        if (facts[name] != expected_facts[name]) {
            printf "  FAILED the baseline is for another %s: %s, and here it is: %s\n", name, expected_facts[name], facts[name]
            count++
        }
    for (name in expected_facts)
        if (!(name in facts)) {
            printf "  FAILED the baseline says what %s is, and the counts do not\n", name
            count++
        }
    return count
}

BEGIN {
    if (tolerance == "")
        tolerance = 3
}

/^# [^:]*: / {
    name = substr($0, 3, index($0, ":") - 3)
    value = substr($0, index($0, ":") + 2)
    if (FILENAME == ARGV[1])
        expected_facts[name] = value
    else
        facts[name] = value
    next
}

/^#/ || NF == 0 { next }

NF != 3 || $3 !~ /^[0-9]+(\.[0-9]+)?$/ || $3 + 0 == 0 {
    printf "  FAILED %s:%d: expected an operation, a policy and a number above 0, found: %s\n", FILENAME, FNR, $0
    failed++
    next
}

FILENAME == ARGV[1] { expected[$1 " " $2] = $3; next }

{ order[++measured_count] = $1 " " $2; measured[$1 " " $2] = $3 }

END {
    if (facts_differ()) {
        print "  Nothing was compared. ./build.sh instructions --update writes a baseline for what is here; or use what the"
        print "  baseline names."
        print "0 passed, 1 failed"
        exit 1
    }
    for (i = 1; i <= measured_count; i++) {
        operation = order[i]
        if (!(operation in expected)) {
            printf "  FAILED %-32s %10.1f instructions, and the baseline does not have it: --update\n", operation, measured[operation]
            failed++
            continue
        }
        change = 100 * (measured[operation] / expected[operation] - 1)
        if (change > tolerance) {
            printf "  FAILED %-32s %10.1f instructions, expected %.1f: %+.1f %%, a regression\n", operation, measured[operation], expected[operation], change
            failed++
        } else if (change < -tolerance) {
            printf "  FAILED %-32s %10.1f instructions, expected %.1f: %+.1f %%, better: --update\n", operation, measured[operation], expected[operation], change
            failed++
        } else {
            printf "  ok     %-32s %10.1f instructions, expected %.1f: %+.1f %%\n", operation, measured[operation], expected[operation], change
            passed++
        }
    }
    for (operation in expected)
        if (!(operation in measured)) {
            printf "  FAILED %-32s is in the baseline, and was not counted\n", operation
            failed++
        }
    if (passed + failed == 0) {
        print "  FAILED nothing was counted"
        failed++
    }
    printf "%d passed, %d failed\n", passed, failed
    exit failed > 0
}
