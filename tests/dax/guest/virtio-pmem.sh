# shellcheck shell=bash disable=SC2154 # checks.sh sets what is not set here
# virtio-pmem: a DAX file system, but what reaches it is durable only after a request to the host. The kernel refuses
# MAP_SYNC, so it must be treated as page cache, and a stream that demands persistent memory must be refused.

need "ext4 with DAX is mounted" mount_dax ext4
"$programs/dax_probe" /mnt/pmem >/tmp/probe
check_line /tmp/probe 'kernel.map_sync=Operation not supported'
check_line /tmp/probe 'libpmem.is_pmem=0'
check_line /tmp/probe 'core.as_persistent_memory=.*required to lie on persistent memory, but is page cache.*'
check_line /tmp/probe 'core.medium=page-cache'
check_line /tmp/probe 'core.policy=sync'
check_line /tmp/probe 'core.text=page cache \(.*\): durable by msync.*'
check_line /tmp/probe 'reader.medium=page-cache'
check_flushes 0 0 /mnt/pmem/flushes
check_kill /mnt/pmem/killed

tool create /mnt/pmem/tool.pms --size 8MiB >/tmp/tool 2>&1
tool info /mnt/pmem/tool.pms >/tmp/tool 2>&1
check_line /tmp/tool '.*page cache.*msync.*'
