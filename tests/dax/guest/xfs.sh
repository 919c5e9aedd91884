# shellcheck shell=bash disable=SC2154 # checks.sh sets what is not set here
# An NVDIMM with XFS -o dax.

need "the NVDIMM becomes a namespace" make_namespace fsdax
need "XFS with DAX is mounted" mount_dax xfs
"$programs/dax_probe" /mnt/pmem >/tmp/probe
check_line /tmp/probe 'kernel.map_sync=granted'
check_line /tmp/probe 'libpmem.is_pmem=1'
check_line /tmp/probe 'core.medium=persistent-memory'
check_line /tmp/probe 'core.text=persistent memory \(a file on a DAX file system\): durable by .* and sfence'
check_line /tmp/probe 'reader.medium=persistent-memory'
check_flushes 16 1 /mnt/pmem/flushes
check_kill /mnt/pmem/killed
