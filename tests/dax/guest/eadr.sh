# shellcheck shell=bash disable=SC2154 # checks.sh sets what is not set here
# A platform that flushes its caches on power loss (eADR): no line may be flushed, and the info says so.

need "the NVDIMM becomes a namespace" make_namespace fsdax
need "ext4 with DAX is mounted" mount_dax ext4
"$programs/dax_probe" /mnt/pmem >/tmp/probe
check_line /tmp/probe 'libpmem.is_pmem=1'
check_line /tmp/probe 'libpmem.auto_flush=1'
check_line /tmp/probe 'core.medium=persistent-memory'
check_line /tmp/probe 'core.policy=fence-only'
check_line /tmp/probe 'core.text=.*: durable by sfence alone, caches are flushed on power loss'
check_flushes 0 1 /mnt/pmem/flushes

tool create /mnt/pmem/tool.pms --size 8MiB >/tmp/tool 2>&1
tool info /mnt/pmem/tool.pms >/tmp/tool 2>&1
check_line /tmp/tool '.*sfence alone, caches are flushed on power loss.*'
