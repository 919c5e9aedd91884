# The results in the .trx file of SUITE (-v suite=...), as "<outcome> <suite> <test>" lines; outcome: passed, failed or skipped.

function plain(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&amp;/, "\\&", text)
    gsub(/\\"/, "\"", text) # as xunit writes them
    gsub(/\\\\/, "\\\\", text)
    return text
}

function attribute(key) {
    if (!match($0, " " key "=\"[^\"]*\""))
        return ""
    return plain(substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 4))
}

/<UnitTestResult / {
    outcome = attribute("outcome")
    print outcome == "Passed" ? "passed" : outcome == "NotExecuted" ? "skipped" : "failed", suite, attribute("testName")
}
