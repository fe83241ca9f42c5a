#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# cgroup.sh populated|kill|remove NAME   looks after the control group of a lab or a lab host.
# Run under `unshare --mount`: mounts the unified hierarchy, wherever the machine has it.
set -euo pipefail
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
cgroup=/sys/fs/cgroup/$2
if [[ ! -d $cgroup ]]; then
  [[ $1 != populated ]]
  exit
fi
case $1 in
populated) grep -q '^populated 1$' "$cgroup/cgroup.events" ;;
kill) echo 1 >"$cgroup/cgroup.kill" ;;
remove) find "$cgroup" -depth -type d -exec rmdir {} \; ;;
esac
