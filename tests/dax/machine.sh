# shellcheck shell=bash disable=SC2154 # run.sh sets what is not set here
#
# The guest: Debian's kernel, an initramfs of our own, QEMU. Sourced by run.sh, which sets root (the repository), work
# (build/dax) and seed.

readonly cache=$work/cache
readonly guest_memory=1G

# What the guest may need; loaded is what the lane names, and what that needs. Folders are taken whole.
readonly kernel_files=(
    arch/x86/crypto/crc32c-intel.ko crypto drivers/acpi/nfit drivers/block/virtio_blk.ko drivers/char/virtio_console.ko
    drivers/dax drivers/nvdimm drivers/virtio fs/9p fs/ext4 fs/fscache fs/jbd2 fs/mbcache.ko fs/netfs fs/xfs lib net/9p
)
readonly modules_always=(virtio_pci virtio_console 9pnet_virtio 9p)

# missing WHAT   The lanes cannot run: that is a failure, never a skip.
missing() {
    printf '  FAILED: %s\n\n0 passed, 1 failed\n' "$*"
    exit 1
}

# ---- the kernel ------------------------------------------------------------------------------------------------------

# Downloads Debian's kernel package, which is not installed, and unpacks what is needed of it.
fetch_kernel() {
    local package archive

    [[ ! -f $cache/vmlinux ]] || return 0
    rm -rf "$cache"
    mkdir -p "$cache/download"
    package=$(kernel_package) || package=
    if [[ -z $package ]]; then
        apt-get update -q >/dev/null 2>&1 || true
        package=$(kernel_package) || missing "apt knows no kernel package: 'apt-get update', then again"
    fi
    printf 'Downloading %s\n' "$package"
    (cd "$cache/download" && apt-get download -q -o APT::Sandbox::User=root "$package" >/dev/null 2>&1) || {
        apt-get update -q >/dev/null 2>&1 || true
        (cd "$cache/download" && apt-get download -q -o APT::Sandbox::User=root "$package") ||
            missing "$package, Debian's kernel, cannot be downloaded: 'apt-get download $package' says why"
    }
    archive=$(find "$cache/download" -name '*.deb')
    unpack_kernel "$archive"
}

# The package behind linux-image-amd64, which is a name for the newest one.
kernel_package() {
    apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | grep -m 1 .
}

unpack_kernel() {
    local folder version image

    mkdir -p "$cache/kernel"
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$cache/kernel" --wildcards './boot/vmlinuz-*' './lib/modules/*'
    folder=$(find "$cache/kernel/lib/modules" -mindepth 1 -maxdepth 1 -type d)
    version=${folder##*/}
    mkdir -p "$cache/modules/lib/modules/$version/kernel"
    (cd "$folder/kernel" && cp -r --parents "${kernel_files[@]}" "$cache/modules/lib/modules/$version/kernel/")
    (cd "$cache/modules/lib/modules/$version" && busybox depmod -b "$cache/modules" "$version")
    image=$(find "$cache/kernel/boot" -name 'vmlinuz-*')
    extract_vmlinux "$image" "$cache/vmlinux.new"
    rm -rf "$cache/kernel" "$cache/download"
    # Last: what lies under this name is complete.
    mv "$cache/vmlinux.new" "$cache/vmlinux"
}

# extract_vmlinux IMAGE FILE   The image unpacks itself, which takes an emulated processor ten seconds.
extract_vmlinux() {
    local offset

    while IFS=: read -r offset _; do
        tail -c +$((offset + 1)) "$1" | xz -dc --single-stream 2>/dev/null >"$2" || true
        if [[ $(head -c 4 "$2" | tail -c 3) == ELF ]]; then
            return
        fi
    done < <(LC_ALL=C grep -abo $'\xFD7zXZ' "$1" | tr -d '\0')
    missing "no kernel was found in $1: tests/dax/machine.sh expects one that is compressed with xz"
}

# ---- the initramfs ---------------------------------------------------------------------------------------------------

# list_modules NAME...   The files of the modules and of what they need, in the order in which they can be loaded.
list_modules() {
    awk -v wanted="$*" '
        { path = $1; sub(/:$/, "", path); name = path; sub(/.*\//, "", name); sub(/\.ko$/, "", name)
          gsub("_", "-", name); path_of[name] = path; needs[path] = substr($0, index($0, ":") + 1) }
        function load(path,    list, count, i) {
            if (path in loaded)
                return
            loaded[path] = 1
            count = split(needs[path], list, " ")
            for (i = 1; i <= count; i++)
                load(list[i])
            print path
        }
        END { count = split(wanted, names, " ")
              for (i = 1; i <= count; i++) {
                  gsub("_", "-", names[i])
                  if (!(names[i] in path_of)) { print "no module " names[i] > "/dev/stderr"; exit 1 }
                  load(path_of[names[i]]) } }
    ' "$cache"/modules/lib/modules/*/modules.dep
}

# make_initramfs FILE MODULE...
make_initramfs() {
    local file=$1 folder module source
    shift

    folder=$(mktemp -d "$work/initramfs.XXXXXX")
    source=$(find "$cache/modules/lib/modules" -mindepth 1 -maxdepth 1 -type d)
    mkdir -p "$folder"/{bin,dev,lib,proc,root,sys}
    cp /bin/busybox "$folder/bin/busybox"
    cp "$root/tests/dax/guest/init.sh" "$folder/init"
    chmod +x "$folder/init"
    list_modules "${modules_always[@]}" "$@" >"$folder/paths" || missing "the kernel lacks a module of: $*"
    while IFS= read -r module; do
        cp "$source/$module" "$folder/lib/"
        printf '%s\n' "${module##*/}" >>"$folder/modules"
    done <"$folder/paths"
    (cd "$folder" && find . | busybox cpio -o -H newc 2>/dev/null) >"$file"
    rm -rf "$folder"
}

# ---- QEMU ------------------------------------------------------------------------------------------------------------

# write_start FOLDER SCRIPT [NAME=VALUE...]   What the guest runs.
write_start() {
    local folder=$1 script=$2 setting
    shift 2

    printf '%s' "$root" >"$folder/repository"
    {
        printf 'export REPOSITORY=%q SEED=%q DOTNET=%q\n' "$root" "$seed" "$(command -v dotnet || true)"
        for setting in "$@"; do
            printf 'export %s=%q\n' "${setting%%=*}" "${setting#*=}"
        done
        # shellcheck disable=SC2016 # the guest expands it
        printf '. "$REPOSITORY/tests/dax/guest/checks.sh"\n. "$REPOSITORY/tests/dax/guest/%s.sh"\nend_of_lane\n' "$script"
    } >"$folder/start.sh"
}

# qemu FOLDER [ARGUMENT...]   Becomes QEMU. What the guest prints goes to FOLDER/output.log, its acknowledgements to
# FOLDER/acknowledged.now, the kernel's messages to FOLDER/console.log.
qemu() {
    local folder=$1 machine=pc,nvdimm=on console=(-serial "file:$1/console.log")
    shift

    if [[ ${1:-} == --machine ]]; then
        machine+=,$2
        shift 2
    fi
    if [[ -f $folder/shell ]]; then
        console=(-serial mon:stdio)
    fi
    # Port 0xe9 is for the acknowledgements; at 0x402, which is more usual, the BIOS would add its own messages.
    # no_timer_check: on a busy host the kernel's check of its timer fails, and it panics.
    # /dev/kvm, where it works at all, is not taken: a lane that is ten times faster would be another one.
    exec qemu-system-x86_64 -machine "$machine" -accel tcg,thread=multi -cpu max -smp 2 \
        -m "$guest_memory,slots=4,maxmem=4G" -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$cache/vmlinux" -initrd "$folder/initramfs" \
        -append "console=ttyS0 loglevel=4 panic=-1 no_timer_check mitigations=off nokaslr audit=0" "${console[@]}" \
        -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
        -device virtio-9p-pci,fsdev=root,mount_tag=root \
        -fsdev "local,id=repository,path=$root,security_model=none,readonly=on" \
        -device virtio-9p-pci,fsdev=repository,mount_tag=repository \
        -fsdev "local,id=lane,path=$folder,security_model=none,readonly=on" \
        -device virtio-9p-pci,fsdev=lane,mount_tag=lane \
        -device virtio-serial-pci \
        -chardev "file,id=output,path=$folder/output.log" -device virtserialport,chardev=output,name=output \
        -chardev "file,id=acknowledged,path=$folder/acknowledged.now" \
        -device isa-debugcon,chardev=acknowledged,iobase=0xe9 \
        "$@"
}

# Arguments of QEMU for what the lanes run on: each takes the image.
nvdimm() {
    printf '%s\n' -object "memory-backend-file,id=pmem,share=on,mem-path=$1,size=$(stat -c %s "$1")" \
        -device nvdimm,id=nvdimm1,memdev=pmem
}

virtio_pmem() {
    printf '%s\n' -object "memory-backend-file,id=pmem,share=on,mem-path=$1,size=$(stat -c %s "$1")" \
        -device virtio-pmem-pci,memdev=pmem
}

# A disk for the tests that want one.
scratch_disk() {
    printf '%s\n' -drive "file=$1,format=raw,if=none,id=scratch,cache=unsafe" -device virtio-blk-pci,drive=scratch
}

# boot FOLDER SECONDS [QEMU-ARGUMENT...]   One boot to its end, or for so long.
boot() {
    local folder=$1 limit=$2
    shift 2

    (qemu "$folder" "$@" </dev/null >"$folder/qemu.log" 2>&1) &
    machine_pid=$!
    wait_for_exit "$limit" || {
        kill -KILL "$machine_pid" 2>/dev/null || true
        printf 'not ok - the guest was not done after %s s\n' "$limit" >>"$folder/output.log"
    }
    wait "$machine_pid" 2>/dev/null || printf 'not ok - QEMU ended with exit code %s\n' $? >>"$folder/output.log"
    machine_pid=
}

# wait_for_exit SECONDS   False: QEMU still runs.
wait_for_exit() {
    local tries=$(($1 * 5))

    while kill -0 "$machine_pid" 2>/dev/null; do
        ((tries-- > 0)) || return 1
        sleep 0.2
    done
}
