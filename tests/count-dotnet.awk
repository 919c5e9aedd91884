# Counts the results in a .trx file that "dotnet test" wrote.
#
# A skipped test is a failed one, unless its reason begins with "allowed:".
#
# Prints what needs to be seen, indented, and as the last line "passed failed".

function attribute(line, key) {
    if (!match(line, " " key "=\"[^\"]*\""))
        return ""
    return plain(substr(line, RSTART + length(key) + 3, RLENGTH - length(key) - 4))
}

function plain(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&#x[DA];/, " ", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

function end_of_test() {
    if (outcome == "Passed") {
        passed++
    } else if (outcome == "NotExecuted" && message ~ /^allowed:/) {
        printf "  skipped %s: %s\n", test, message
    } else {
        failed++
        if (outcome == "NotExecuted")
            message = "skipped: " (message == "" ? "no reason given" : message)
        gsub(/\n/, "\n    ", message)
        printf "  FAILED %s: %s\n", test, message
    }
    outcome = ""
}

/<UnitTestResult / {
    outcome = attribute($0, "outcome")
    test = attribute($0, "testName")
    message = ""
    if ($0 ~ /\/>[ \r]*$/)
        end_of_test()
    next
}

/<\/UnitTestResult>/ {
    end_of_test()
    next
}

outcome != "" && /<Message>/ {
    in_message = 1
}

in_message {
    text = $0
    sub(/^.*<Message>/, "", text)
    if (sub(/<\/Message>.*$/, "", text))
        in_message = 0
    message = message (message == "" ? "" : "\n") plain(text)
}

END {
    print passed + 0, failed + 0
}
