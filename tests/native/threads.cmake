# Which test programs have threads: those whose text starts one, or includes the header of support that does. They get the
# label "threads", by which ThreadSanitizer runs them (./build.sh sanitize).
#
# The others cannot start one (threads_refused.c): a program that does it in a way which is not seen here aborts, and says so.

set(PMS_THREAD_STARTS "pthread_create|thrd_create")

if(WIN32) # no sanitizer runs there
    add_library(pms_test_threads_refused INTERFACE)
else()
    add_library(pms_test_threads_refused OBJECT threads_refused.c)
    target_link_libraries(pms_test_threads_refused PUBLIC pms_compile_flags)
    target_link_options(pms_test_threads_refused INTERFACE -Wl,--wrap=pthread_create,--wrap=thrd_create)
endif()

# pms_keep_thread_starters(LIST)   Keeps of the support files in LIST those that start threads, and remembers their headers.
macro(pms_keep_thread_starters list)
    foreach(support IN LISTS ${list})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${support})
        file(STRINGS ${support} starts REGEX "${PMS_THREAD_STARTS}")
        if(starts)
            get_filename_component(header ${support} NAME_WE)
            list(APPEND PMS_THREAD_HEADERS "\"${header}\\.h\"")
        else()
            list(REMOVE_ITEM ${list} ${support})
        endif()
    endforeach()
    string(JOIN "|" PMS_THREAD_STARTS ${PMS_THREAD_STARTS} ${PMS_THREAD_HEADERS})
endmacro()

# pms_label_threads(NAME SOURCE)
function(pms_label_threads name source)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(STRINGS ${source} starts REGEX "${PMS_THREAD_STARTS}")
    if(starts)
        set_property(TEST ${name} APPEND PROPERTY LABELS threads)
        target_link_libraries(${name} PRIVATE pms_test_thread_support)
    else()
        target_link_libraries(${name} PRIVATE pms_test_threads_refused)
    endif()
endfunction()
