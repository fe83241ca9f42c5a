#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One boot of a lab host, in a mount namespace of its own: every mount made here is gone when the host is off.
set -euo pipefail

directory=$1
declare -A conf
while IFS='=' read -r key value; do conf[$key]=$value; done <"$directory/host.conf"
root=$directory/root

# "volatile": no fsync reaches the disk. Killing a host loses nothing, since the page cache is the machine's.
rm -rf "$directory/work/work/incompat"
layers=lowerdir=${conf[base]},upperdir=$directory/upper,workdir=$directory/work
mount -t overlay "${conf[machine]}" -o "$layers,volatile" "$root" 2>/dev/null ||
  mount -t overlay "${conf[machine]}" -o "$layers" "$root"

# What the provider's installer does besides cloud-init: the account of the installation and its keys.
if [[ ! -e $directory/prepared ]]; then
  user=${conf[user]}
  if [[ $user != root ]]; then
    chroot "$root" useradd --create-home --shell /bin/bash --groups sudo "$user" 2>/dev/null || chroot "$root" id "$user" >/dev/null
    printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$user" >"$root/etc/sudoers.d/80-installer"
    chmod 0440 "$root/etc/sudoers.d/80-installer"
  fi
  home=$(chroot "$root" getent passwd "$user" | cut -d: -f6)
  install -d -m 0700 "$root$home/.ssh"
  install -m 0600 "$directory/authorized_keys" "$root$home/.ssh/authorized_keys"
  chroot "$root" chown -R "$user:" "$home/.ssh"
  touch "$directory/prepared"
fi

# systemd-nspawn wants the unified hierarchy; whatever the machine has is covered in this namespace only.
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
cgroup=/sys/fs/cgroup/${conf[cgroup]}
mkdir -p "$cgroup/boot"
for level in "$(dirname "$cgroup")" "$cgroup"; do
  read -ra controllers <"$level/cgroup.controllers" || true
  for controller in "${controllers[@]}"; do
    echo "+$controller" >"$level/cgroup.subtree_control" 2>/dev/null || true
  done
done
echo $$ >"$cgroup/boot/cgroup.procs"

binds=()
for device in /dev/fuse /dev/net/tun /dev/loop-control /dev/loop{0..7} /dev/kvm /dev/vhost-net; do
  [[ -e $device ]] && binds+=("--bind=$device")
done

echo $$ >"$directory/nspawn.pid"
# net.* sysctls are writable: they belong to the host's own network namespace.
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
# Never all capabilities: the clock and the modules are the machine's.
exec systemd-nspawn --quiet --boot --register=no --keep-unit --machine="${conf[machine]}" --hostname="${conf[hostname]}" \
  --directory="$root" --network-namespace-path="/run/netns/${conf[namespace]}" \
  --capability=CAP_NET_ADMIN,CAP_SYSLOG,CAP_IPC_LOCK,CAP_BPF,CAP_PERFMON \
  --drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE \
  --system-call-filter="@keyring bpf perf_event_open open_by_handle_at name_to_handle_at" \
  --console=read-only --resolv-conf=off --timezone=off --link-journal=no "${binds[@]}"
