# Cross-compiles for Windows on x86-64 with MinGW-w64. On Debian and Ubuntu: apt-get install gcc-mingw-w64-x86-64.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# xxhash.h is one header for every system, and Debian has it for this one: a folder with nothing else in it, because the
# others beside it are not for Windows.
set(PMS_HOST_XXHASH /usr/include/xxhash.h)
if(NOT PMS_XXHASH_INCLUDE_DIR AND EXISTS ${PMS_HOST_XXHASH})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/xxhash)
    configure_file(${PMS_HOST_XXHASH} ${CMAKE_BINARY_DIR}/xxhash/xxhash.h COPYONLY)
    if(EXISTS /usr/include/xxh3.h)
        configure_file(/usr/include/xxh3.h ${CMAKE_BINARY_DIR}/xxhash/xxh3.h COPYONLY)
    endif()
    set(PMS_XXHASH_INCLUDE_DIR ${CMAKE_BINARY_DIR}/xxhash CACHE PATH "Folder of xxhash.h")
endif()
