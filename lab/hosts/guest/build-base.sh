#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build-base.sh TARGET FILES RELEASE PACKAGES [mmdebstrap options...]
# Makes the base file system of lab hosts: Debian as a server provider installs it. Run under flock; complete once TARGET exists.
#   FILES/build.sources  package sources as this machine reaches them
#   FILES/root/          copied over the result
set -euo pipefail
target=$1 files=$2 release=$3 packages=$4
shift 4
[[ -e $target ]] && exit 0
building=$target.building
rm -rf --one-file-system "$building"

mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" "$@" "$release" "$building" "$files/build.sources"

rm -rf "$building"/etc/apt/sources.list "$building"/etc/apt/sources.list.d/*
cp -r --no-preserve=ownership "$files/root/." "$building/"
chmod 0755 "$building/usr/local/sbin/lab-early"
# Each host makes or is given its own.
rm -f "$building"/etc/ssh/ssh_host_* "$building/etc/hostname" "$building/var/lib/dbus/machine-id"
: >"$building/etc/machine-id"
chroot "$building" systemctl --quiet enable lab-early.service ssh.service
# A container has no hardware clock, no consoles and no disks of its own.
chroot "$building" systemctl --quiet mask console-getty.service getty.target systemd-firstboot.service \
  fstrim.timer e2scrub_all.timer e2scrub_reap.service
mv "$building" "$target"
