# The names of the native tests, read off their sources: "native <program> <test>", one a line, as the programs print them.

FNR == 1 {
    program = FILENAME
    sub(/.*\//, "", program)
    sub(/\.c$/, "", program)
}

{
    line = $0
    while (match(line, /(cmocka_unit_test(_setup_teardown|_setup|_teardown)?|TEST_ON_(BOTH|TMPFS|DISK))[(][ \t]*test_[a-z0-9_]+/)) {
        found = substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + RLENGTH)
        test = found
        sub(/^[^(]*[(][ \t]*/, "", test)
        if (found ~ /^cmocka/)
            print "native", program, test
        if (found ~ /^TEST_ON_(BOTH|TMPFS)/)
            print "native", program, test "_on_tmpfs"
        if (found ~ /^TEST_ON_(BOTH|DISK)/)
            print "native", program, test "_on_disk"
    }
}
