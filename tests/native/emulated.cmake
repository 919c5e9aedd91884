# The tests that run under an emulator of the processor (./build.sh test-arm64). Those that do not, with the reason: what they
# test is tested on the processor of the machine, and is the same source. CMake prints the list.

set(PMS_NOT_EMULATED)

# pms_not_emulated(REASON TEST...)
macro(pms_not_emulated reason)
    foreach(name IN ITEMS ${ARGN})
        list(APPEND PMS_NOT_EMULATED ${name})
        set(PMS_NOT_EMULATED_${name} "${reason}")
    endforeach()
endmacro()

pms_not_emulated("hundreds of thousands of images, or each call of each verb failing in turn: many minutes under an emulator"
    test_corruption test_failing test_failing_create test_failing_grow test_failing_threads test_power test_power_create)
pms_not_emulated("thousands of streams, each of which reserves addresses page by page under an emulator: many minutes"
    test_deferred test_golden test_group test_group_builder test_grow test_grow_moments test_grow_readers test_persist
    test_recovery_hole test_recovery_tail test_stream_header)
pms_not_emulated("races, processes and the running program, which would be the emulator's own"
    test_coordination test_os test_waiting test_grow_threads test_lock test_meet test_pins test_readers test_recovery_killed test_seek_threads test_stream_fork test_threads
    test_threads_crash test_threads_deferred)
pms_not_emulated("addresses and system calls of Linux, which an emulator has fewer of"
    test_medium test_medium_forced test_medium_page_cache test_medium_retire test_medium_room)

# pms_label_emulated(NAME)   Says that it runs there, or why not.
function(pms_label_emulated name)
    if(NOT CMAKE_CROSSCOMPILING_EMULATOR)
        return()
    endif()
    if(name IN_LIST PMS_NOT_EMULATED)
        message(STATUS "not emulated: ${name}: ${PMS_NOT_EMULATED_${name}}")
    else()
        set_property(TEST ${name} APPEND PROPERTY LABELS emulated)
    endif()
endfunction()
