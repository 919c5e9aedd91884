#!/bin/busybox sh
# shellcheck shell=dash
#
# The first process of the guest, in the initramfs. It loads the modules that the lane wants, makes the root of the
# host (read-only, 9p) its own, and runs /mnt/lane/start.sh there. What that prints goes to the port "output"; the
# machine goes off when it ends. /modules lists the modules in the order in which they depend on each other.

PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev

while read -r module; do
    insmod "/lib/$module" || echo "init: $module does not load"
done </modules

share() {
    mount -t 9p -o "trans=virtio,version=9p2000.L,$3,cache=loose,msize=262144" "$1" "$2"
}

share root /root ro || poweroff -f
for folder in /dev /proc /sys; do
    mount -o move "$folder" "/root$folder"
done
for folder in /tmp /var/tmp /mnt /run /root; do
    mount -t tmpfs none "/root$folder"
done
mkdir -p /root/dev/shm /root/mnt/lane /root/mnt/pmem /root/mnt/disk
mount -t tmpfs none /root/dev/shm
share lane /root/mnt/lane ro || poweroff -f
# The repository has a share of its own: it may lie in a folder that is covered now.
repository=$(cat /root/mnt/lane/repository)
mkdir -p "/root$repository" 2>/dev/null
share repository "/root$repository" ro || poweroff -f

# Ports have names; the nodes are numbered.
mkdir /root/run/ports
for port in /root/sys/class/virtio-ports/*; do
    if [ -f "$port/name" ]; then
        ln -s "/dev/$(basename "$port")" "/root/run/ports/$(cat "$port/name")"
    fi
done

if [ -f /root/mnt/lane/shell ]; then
    exec setsid chroot /root /bin/sh -c 'exec /bin/bash -l </dev/ttyS0 >/dev/ttyS0 2>&1'
fi
chroot /root /bin/bash -c 'exec /bin/bash /mnt/lane/start.sh </dev/null >/run/ports/output 2>&1'
sync
poweroff -f
