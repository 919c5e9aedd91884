# What a program that uses memory_file.c is linked with.
set(PMS_MEMORY_FILE_WRAPS)
foreach(function IN ITEMS
        pms_file_open pms_file_create_temporary pms_file_allocate pms_file_is_sparse pms_file_size pms_file_read
        pms_file_lock pms_file_lock_is_held pms_file_sync pms_file_publish pms_file_remove pms_file_close
        pms_mapping_open pms_mapping_discard pms_mapping_retire pms_mapping_has_auto_flush pms_lines_detect
        pms_os_random pms_os_unix_seconds pms_shm_path)
    list(APPEND PMS_MEMORY_FILE_WRAPS -Wl,--wrap=${function})
endforeach()
