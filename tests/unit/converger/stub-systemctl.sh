#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands in for systemctl: a unit is a file of properties in UNITS, every call is a line in LOG. Answers as systemd 252 does.
here=${0%/bin/*}
LOG=$here/systemctl.log

put() { # property, value
  grep -v "^$1=" "$file" > "$file.new"
  echo "$1=$2" >> "$file.new"
  mv "$file.new" "$file"
}

for word; do
  case $word in --*) ;; *) [ "${verb-}" ] || verb=$word; unit=$word ;; esac
done
file=$here/units/$unit

if [ "$verb" = show ]; then
  printf '%s\n' LoadState=not-found ActiveState=inactive SubState=dead UnitFileState= Type=simple ConditionResult=no \
    ConditionTimestampMonotonic=0 AssertResult=no NeedDaemonReload=no RemainAfterExit=no Result=success CanReload=no \
    ExecMainExitTimestampMonotonic=0
  if [ -f "$file" ]; then echo LoadState=loaded; cat "$file"; fi
  exit 0
fi
if [ "$verb" = "$unit" ]; then echo "$verb" >> "$LOG"; else echo "$verb $unit" >> "$LOG"; fi
case $verb,$unit in daemon-reload,* | reset-failed,* | *,*'*'*) exit 0 ;; esac
if [ ! -f "$file" ]; then
  echo "Unit $unit not found." >&2
  exit 5
fi
case $verb in
  start | restart)
    put ConditionTimestampMonotonic 5
    if grep -q '^unmet=' "$file"; then
      put ConditionResult no
    elif grep -q '^broken=' "$file"; then
      put ActiveState failed
      put Result exit-code
      exit 1
    else
      put ConditionResult yes
      put ActiveState active
    fi
    ;;
  stop) put ActiveState inactive ;;
  enable) put UnitFileState enabled ;;
  mask) put UnitFileState masked ;;
  disable | unmask) put UnitFileState disabled ;;
esac
