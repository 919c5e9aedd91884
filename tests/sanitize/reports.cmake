# What a test is run with under a sanitizer, and that its report fails the test: also that of a child process, whose exit
# code the test may not look at.

# The report of clang names functions only with a symbolizer. This one comes with the linker, without LLVM's packages.
find_program(PMS_ADDR2LINE addr2line)

# pms_fail_on_reports(TEST)   Its ENVIRONMENT has to be set before.
function(pms_fail_on_reports test)
    if(NOT PMS_SANITIZE)
        return()
    endif()
    # The library that skips syncs may be loaded before the run-time: neither replaces what the other does.
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT
        "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:verify_asan_link_order=0"
        "UBSAN_OPTIONS=print_stacktrace=1"
        "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:external_symbolizer_path=${PMS_ADDR2LINE}")
    set_property(TEST ${test} PROPERTY FAIL_REGULAR_EXPRESSION
        "(ERROR|WARNING): (Address|Leak|Thread)Sanitizer;runtime error: ")
endfunction()

# What a program is run by under memcheck.
set(PMS_MEMCHECK valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite)
