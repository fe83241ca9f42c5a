#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build-image.sh TARGET GUEST
# Makes the disk image of the lab's small virtual machines: Debian's cloud kernel, busybox and dropbear on one bootable
# FAT file system. Packages are fetched by this machine's apt and unpacked, nothing is installed. Run under flock;
# complete once TARGET exists.
#   GUEST  the files of the guest, beside the programs of the packages
set -euo pipefail
target=$1 guest=$2
[[ -e $target ]] && exit 0
work=$target.building
rm -rf "$work"
mkdir -p "$work/packages" "$work/unpacked" "$work/root"

# The kernel's package is the one that the package without a version asks for.
kernel=$(apt-cache depends --important linux-image-cloud-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
libraries=$(apt-cache depends --recurse --important --no-pre-depends dropbear-bin | awk '$1 == "Depends:" && $2 !~ /^</ { print $2 }' | sort -u)
# shellcheck disable=SC2086
(cd "$work/packages" && apt-get download --quiet --quiet -o APT::Sandbox::User=root \
  "$kernel" busybox-static dropbear-bin $libraries syslinux syslinux-common mtools)
for package in "$work"/packages/*.deb; do dpkg-deb --extract "$package" "$work/unpacked"; done
from=$work/unpacked root=$work/root
busybox=$(find "$from" -path "*bin/busybox" -type f -print -quit)
loader=$(find "$from" -name 'ld-linux-x86-64.so.2' -print -quit)

# The programs, with what the linker says that they need.
mkdir -p "$root"/{bin,dev,disk,etc,lib/x86_64-linux-gnu,lib64,proc,root,run,sbin,sys,tmp,usr/sbin}
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"; done
cp "$from"/usr/sbin/dropbear "$from"/usr/bin/dropbearkey "$root/usr/sbin/"
cp --dereference "$loader" "$root/lib64/"
libraries=$(find "$from" -name 'x86_64-linux-gnu' -type d -path '*lib/*' | paste -sd:)
for program in dropbear dropbearkey; do "$loader" --library-path "$libraries" --list "$root/usr/sbin/$program"; done |
  awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u | xargs cp --dereference --target-directory="$root/lib/x86_64-linux-gnu/"

# The modules of virtio, of the drive that carries the context, of the disk's file system and of the power button.
version=${kernel#linux-image-}
modules=lib/modules/$version
[[ -d $from/$modules ]] || modules=usr/$modules
tree=$from/${modules%/lib/modules/*}
[[ $modules == usr/* ]] || tree=$from
"$busybox" depmod -b "$tree" "$version"
wanted='virtio_pci virtio_net virtio_blk virtio_scsi virtio-rng virtio_balloon ata_piix sr_mod sd_mod isofs vfat nls_cp437 nls_iso8859-1 nls_ascii evdev button'
awk -v wanted="$wanted" '
  BEGIN { split(wanted, names, " "); for (i in names) want[names[i]] = 1 }
  { path = $1; sub(/:$/, "", path); name = path; sub(/.*\//, "", name); sub(/\.ko$/, "", name)
    if (name in want) { sub(/:/, ""); for (i = 1; i <= NF; i++) print $i } }' "$from/$modules/modules.dep" | sort -u |
  (cd "$from/$modules" && xargs cp --parents --target-directory="$(mkdir -p "$root/lib/modules/$version" && echo "$root/lib/modules/$version")")
"$busybox" depmod -b "$root" "$version"
cp -r "$guest/." "$root/"
chmod -R u=rwX,go=rX "$root"
chmod 0755 "$root"/init "$root"/sbin/* "$root"/etc/acpi/PWRF/*
echo "$wanted" | tr ' ' '\n' >"$root/etc/modules"

(cd "$root" && find . -print | LC_ALL=C sort | "$busybox" cpio -o -H newc 2>/dev/null | gzip -9) >"$work/initrd.gz"

# One FAT file system over the whole disk: the boot loader lies in it, and the guest keeps its SSH host key there.
cp "$from"/boot/vmlinuz-"$version" "$work/linux"
printf '%s\n' 'DEFAULT linux' 'LABEL linux' ' KERNEL linux' ' INITRD initrd.gz' \
  ' APPEND console=tty0 console=ttyS0 quiet panic=5 net.ifnames=0' >"$work/syslinux.cfg"
size=$((($(stat -c %s "$work/linux") + $(stat -c %s "$work/initrd.gz")) / 1048576 + 3))
export PATH="$from/usr/bin:$PATH" MTOOLS_SKIP_CHECK=1
image=$work/disk.img
truncate -s "${size}M" "$image"
mformat -i "$image" -v LABVM -T $((size * 2048)) -h 16 -s 63 -H 0 ::
mcopy -i "$image" "$work/linux" "$work/initrd.gz" "$work/syslinux.cfg" ::
syslinux --install "$image"
mv "$image" "$target"
rm -rf "$work"
