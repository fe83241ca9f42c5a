#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Probe of the STAND-IN opennebula-node-kvm (opennebula-scaleway lab): prints this node's figures for oned, one
# NAME=value a line. Needs a libvirt daemon that answers this user: a node without one is no hypervisor.
set -eu
export LC_ALL=C

if ! version=$(virsh --connect qemu:///system version 2>&1); then
    echo "libvirt does not answer: $(echo "$version" | tail -n 1)" >&2
    exit 1
fi

memory() { awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo; }
# Idle and total ticks of all cores since the start.
ticks() { awk '/^cpu / { for (i = 2; i <= 9; i++) total += $i; print $5 + $6, total }' /proc/stat; }
traffic() { awk -v column="$1" 'NR > 2 { sub(/:/, " "); if ($1 != "lo") sum += $column } END { printf "%.0f", sum }' /proc/net/dev; }

cores=$(grep -c '^processor' /proc/cpuinfo)
first=$(ticks)
sleep 0.2
used=$(echo "$first $(ticks)" | awk -v cores="$cores" '{ t = $4 - $2; print (t > 0 ? int(cores * 100 * (1 - ($3 - $1) / t)) : 0) }')
total=$(memory MemTotal)
store=/var/lib/one/datastores
[ -d "$store" ] || store=/var/lib
disk=$(df -Pm "$store" | awk 'NR == 2 { print $2, $4 }')

echo "HYPERVISOR=kvm"
echo "ARCH=$(uname -m)"
echo "HOSTNAME=$(hostname)"
echo "MODELNAME=$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
echo "CPUSPEED=$(awk -F': ' '/^cpu MHz/ { printf "%d", $2; exit }' /proc/cpuinfo)"
echo "LIBVIRT_VERSION=$(echo "$version" | awk '/^Using library/ { print $4 }')"
echo "VERSION=$(cat /var/tmp/one/VERSION 2>/dev/null || echo unknown)"
echo "TOTALCPU=$((cores * 100))"
echo "USEDCPU=$used"
echo "TOTALMEMORY=$total"
echo "USEDMEMORY=$((total - $(memory MemAvailable)))"
echo "MAXDISK=${disk% *}"
echo "FREEDISK=${disk#* }"
echo "NETRX=$(traffic 2)"
echo "NETTX=$(traffic 10)"
