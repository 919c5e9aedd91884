# The native programs under valgrind's memcheck, which sees what no sanitizer of gcc does: a decision that hangs on a value
# that was never set. They run only when asked for: ctest -C memcheck -L memcheck (./build.sh sanitize).
#
# All but those with threads, of which valgrind runs one at a time (ThreadSanitizer has them), and these:
set(PMS_NOT_UNDER_MEMCHECK
    test_corruption # some hundred thousand images: many minutes
    # The slowest of the others; AddressSanitizer runs them, and the same code runs in the rest.
    test_corruption_many test_failing_create test_group_builder
    test_power      # minutes; test_recovery* walk the same code
    test_lock       # looks for its own name in a message, and finds valgrind's
    test_os         # opens the file of its own program, which valgrind does not execute, and so is not busy
    # Valgrind 3.19 ends with an assertion of its own (aspacem, is_freeslot) when a mapping is moved into reserved addresses, as
    # growing does; and it has fewer addresses to reserve than test_medium_room counts on.
    test_grow test_failing test_failing_grow test_medium_room)

# pms_add_memcheck(NAME)   NAME once more, under memcheck.
function(pms_add_memcheck name)
    get_property(labels TEST ${name} PROPERTY LABELS)
    if(name IN_LIST PMS_NOT_UNDER_MEMCHECK OR "threads" IN_LIST labels)
        return()
    endif()
    add_test(NAME memcheck_${name} CONFIGURATIONS memcheck COMMAND ${PMS_MEMCHECK} $<TARGET_FILE:${name}>)
    # What it prints about a forked child counts, too, whatever becomes of the child's exit code.
    set_tests_properties(memcheck_${name} PROPERTIES
        LABELS memcheck
        TIMEOUT ${PMS_TEST_TIMEOUT_SECONDS}
        ENVIRONMENT "CMOCKA_MESSAGE_OUTPUT=TAP"
        FAIL_REGULAR_EXPRESSION "==[0-9]+== ")
endfunction()
