# shellcheck shell=bash disable=SC2154 # checks.sh sets what is not set here
# An NVDIMM with ext4 -o dax: native tests and the demo.

need "the NVDIMM becomes a namespace" make_namespace fsdax
need "ext4 with DAX is mounted" mount_dax ext4
need "a disk is mounted for the tests that want one" mount -t ext4 /dev/vda /var/tmp

"$programs/dax_probe" /mnt/pmem >/tmp/probe
check_line /tmp/probe 'kernel.map_sync=granted'
check_line /tmp/probe 'libpmem.is_pmem=1'
check_line /tmp/probe 'libpmem.auto_flush=0'
check_line /tmp/probe 'core.as_persistent_memory=accepted'
check_line /tmp/probe 'core.medium=persistent-memory'
check_line /tmp/probe 'core.policy=(cache-lines|non-temporal)'
check_line /tmp/probe 'core.text=persistent memory \(a file on a DAX file system\): durable by .* and sfence'
check_line /tmp/probe 'reader.medium=persistent-memory'
check_flushes 16 1 /mnt/pmem/flushes

demo /mnt/pmem >/tmp/demo 2>&1
check "the demo, in C#, on persistent memory" test $? -eq 0
check_line /tmp/demo ' *medium +persistent memory'
check_line /tmp/demo ' *durable by +persistent memory \(a file on a DAX file system\).*'

# The native tests, two at a time; run.sh counts them as ./build.sh test does. Only when one is done is its output shown, at
# once and whole.
export PMS_TEST_DAX_FOLDER=/mnt/pmem CMOCKA_MESSAGE_OUTPUT=TAP
mkdir /tmp/native
cd /var/tmp || exit 1
# shellcheck disable=SC2016 # the inner shell expands it
xargs -P 2 -L 1 bash -c '
    started=$SECONDS status=0 verdict=Passed
    # From a disk that can be written to: one test opens its own program for writing.
    cp "$0/tests/native/$2" /var/tmp/
    timeout 400 "/var/tmp/$2" >"/tmp/native/$1" 2>&1 || status=$?
    ((status == 0)) || verdict="***Exit code $status"
    {
        printf "    Start %s: %s\n" "$1" "$2"
        sed "s/^/$1: /" "/tmp/native/$1"
        printf "1/1 Test #%s: %s ......   %s %s sec\n" "$1" "$2" "$verdict" $((SECONDS - started))
    } >"/tmp/native/$1.done"
    flock /tmp/native/lock sed "s/^/native| /" "/tmp/native/$1.done"
' "$REPOSITORY/build/release" </mnt/lane/native-tests
