# What a program that uses faults.c is linked with.
set(PMS_FAULT_WRAPS)
foreach(function IN ITEMS
        open64 fstat64 stat64 fcntl64 fallocate64 fstatfs64 pread64 mmap64 mremap ftruncate64 fsync msync rename link syscall getrandom
        pmem_map_file malloc calloc realloc strdup strndup)
    list(APPEND PMS_FAULT_WRAPS -Wl,--wrap=${function})
endforeach()
