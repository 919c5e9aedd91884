# shellcheck shell=bash disable=SC2154 # checks.sh sets what is not set here
# A device-DAX node: through the core, and through the tool.

readonly device=/dev/dax0.0

need "the NVDIMM becomes a device" make_namespace devdax
"$programs/dax_probe" $device >/tmp/probe
check_line /tmp/probe 'libpmem.is_pmem=1'
check_line /tmp/probe 'core.as_persistent_memory=accepted'
check_line /tmp/probe 'core.medium=persistent-memory'
check_line /tmp/probe 'core.text=persistent memory \(a device-DAX node\): durable by .* and sfence'
check_line /tmp/probe 'reader.medium=persistent-memory'

# The tool, in C#: create, append, read, look.
seq -f 'line %g' 1 500 >/tmp/lines
check_refused "create refuses the device, which holds a stream" 2 tool create $device
check "create --overwrite" tool create $device --overwrite
check "region create" tool region create $device log --size 32MiB
check "append" tool append $device log /tmp/lines
tool read $device log >/tmp/read
check "what was read is what was appended" cmp /tmp/read /tmp/lines
tool info $device >/tmp/tool 2>&1
check_line /tmp/tool '.*persistent memory \(a device-DAX node\).*'
check "check" tool check $device

check_flushes 16 1 $device
check "create --overwrite, for the kill" tool create $device --overwrite
check_kill $device
