# What a .trx file says, as "<outcome> <suite> <test>" lines; outcome: passed, failed or skipped.

function plain(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&#x[DA];/, " ", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

function attribute(key) {
    if (!match($0, " " key "=\"[^\"]*\""))
        return ""
    return plain(substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4))
}

/<UnitTestResult / {
    outcome = attribute("outcome")
    print (outcome == "Passed" ? "passed" : outcome == "NotExecuted" ? "skipped" : "failed"), suite, attribute("testName")
}
