# The native tests on Windows, built by MinGW-w64: posix/ and posix.h stand in for what they use of POSIX. What cannot run
# there is listed in tests/windows/not-run.txt; programs that are about POSIX as a whole are not built, and windows/test_*.c are
# there for some of them.

set(PMS_TEST_NOT_ON_WINDOWS
    test_grow_threads test_failing test_failing_create test_failing_grow test_failing_threads
    test_lock test_medium test_medium_forced test_medium_page_cache test_medium_retire test_medium_room
    test_os test_os_fallback test_publish test_stream_fork test_threads_crash)
foreach(name IN LISTS PMS_TEST_NOT_ON_WINDOWS)
    list(REMOVE_ITEM PMS_TEST_SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/${name}.c)
endforeach()
file(GLOB PMS_TEST_WINDOWS_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/windows/test_*.c)
list(APPEND PMS_TEST_SOURCES ${PMS_TEST_WINDOWS_SOURCES})

list(REMOVE_ITEM PMS_TEST_SUPPORT_SOURCES
    ${CMAKE_CURRENT_SOURCE_DIR}/support_child.c ${CMAKE_CURRENT_SOURCE_DIR}/support_files.c)
list(APPEND PMS_TEST_SUPPORT_SOURCES
    ${CMAKE_CURRENT_SOURCE_DIR}/windows/support_child_windows.c
    ${CMAKE_CURRENT_SOURCE_DIR}/windows/support_files_windows.c
    ${CMAKE_CURRENT_SOURCE_DIR}/windows/posix.c)

# support_files_windows.c says which files lie on a DAX volume.
list(APPEND PMS_TEST_EXTRA_WRAPS -Wl,--wrap=pms_volume_is_dax)

# The threads of the tests are POSIX threads, linked into each program.
find_library(PMS_WINPTHREAD_LIBRARY libwinpthread.a DOC "The static library libwinpthread.a")

# pms_use_windows_base(TARGET)   What all programs of the tests are compiled and linked with.
function(pms_use_windows_base target)
    target_compile_options(${target} INTERFACE -include ${CMAKE_CURRENT_SOURCE_DIR}/windows/posix.h)
    target_include_directories(${target} INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/windows/posix)
    target_compile_definitions(${target} INTERFACE _WIN32_WINNT=0x0A00 _FILE_OFFSET_BITS=64 CMOCKA_STATIC)
    target_link_libraries(${target} INTERFACE ${PMS_WINPTHREAD_LIBRARY})
    target_link_options(${target} INTERFACE -static-libgcc)
endfunction()
