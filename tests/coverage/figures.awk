# Compares the line coverage in the Summary.json of ReportGenerator with what it must be at least.
#
# Prints a line for each part, indented, and as the last line how many are high enough and how many are not.

function number_of(line, key) {
    match(line, "\"" key "\": [0-9]+")
    return substr(line, RSTART + length(key) + 4, RLENGTH - length(key) - 4) + 0
}

# Whole lines are compared: 89.96 % is not 90 %.
function judge(part, title, minimum,    verdict, percent) {
    percent = coverable[part] ? 100 * covered[part] / coverable[part] : 0
    if (coverable[part] && 100 * covered[part] >= minimum * coverable[part]) {
        verdict = "passed"
        passed++
    } else {
        verdict = "FAILED"
        failed++
    }
    printf "  %-34s %5.1f %% of %5d lines, at least %d %%: %s\n", title, int(percent * 10) / 10, coverable[part],
        minimum, verdict
}

# An assembly stands on one line with its sums; the classes in it have no "classes".
/"name": "[^"]*", "classes": / {
    match($0, /"name": "[^"]*"/)
    part = substr($0, RSTART + 9, RLENGTH - 10)
    covered[part] = number_of($0, "coveredlines")
    coverable[part] = number_of($0, "coverablelines")
}

END {
    judge("PmemStream.Interop", "C# layer (src/PmemStream.Interop)", 90)
    judge("native.src", "C core (native/src)", 85)
    judge("pmemstream", "tool (src/PmemStream.Cli)", 80)
    print passed + 0, failed + 0
}
