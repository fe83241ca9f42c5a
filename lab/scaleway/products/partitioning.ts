// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from "../core/json";
import { isObject } from "../core/json";
import { noContent, ok, type Route } from "../core/router";
import { findOffer, findOs, type Offer } from "./baremetal-catalogue";

const mebibyte = 1024 * 1024;
const sizes = { uefi: 512 * mebibyte, swap: 4096 * mebibyte, boot: 512 * mebibyte };
/** What partition tables and alignment take from a disk (recorded: a default root partition is this much smaller). */
const overhead = 1_400_832;

/** The layout that an installation gets when none is given: /boot and / mirrored over the first two disks. */
export function defaultSchema(offer: Offer): JsonObject {
  const disks = offer.data.disks.slice(0, 2).map(([type, capacity], index) => ({
    device: type === "NVMe" ? `/dev/nvme${index}n1` : `/dev/sd${"ab"[index] ?? ""}`,
    separator: type === "NVMe" ? "p" : "",
    capacity: Number(capacity),
  }));
  const smallest = Math.min(...disks.map(({ capacity }) => capacity));
  const root = smallest - sizes.uefi - sizes.swap - sizes.boot - overhead;
  const partitionsOf = (index: number) => [
    ...(index === 0 ? [{ label: "uefi", size: sizes.uefi }] : []),
    { label: "swap", size: sizes.swap },
    { label: "boot", size: sizes.boot },
    { label: "root", size: root },
  ];
  const deviceOf = (index: number, label: string): string => {
    const disk = disks[index];
    const number = partitionsOf(index).findIndex((partition) => partition.label === label) + 1;
    return `${disk?.device ?? ""}${disk?.separator ?? ""}${number}`;
  };
  const mirrored = disks.length > 1;
  const raid = (name: string, label: string) => ({
    name,
    level: "raid_level_1",
    devices: disks.map((_, index) => deviceOf(index, label)),
  });
  return {
    disks: disks.map(({ device }, index) => ({
      device,
      partitions: partitionsOf(index).map(({ label, size }, at) => ({
        label,
        number: at + 1,
        size,
        use_all_available_space: false,
      })),
    })),
    raids: mirrored ? [raid("/dev/md0", "boot"), raid("/dev/md1", "root")] : [],
    filesystems: [
      { device: deviceOf(0, "uefi"), format: "fat32", mountpoint: "/boot/efi" },
      { device: mirrored ? "/dev/md0" : deviceOf(0, "boot"), format: "ext4", mountpoint: "/boot" },
      { device: mirrored ? "/dev/md1" : deviceOf(0, "root"), format: "ext4", mountpoint: "/" },
    ],
    zfs: { pools: [] },
  };
}

export function partitioningRoutes(): Route[] {
  const base = {
    pattern: "/baremetal/v1/zones/:zone/partitioning-schemas",
    product: "baremetal",
    resource: "offer",
  } as const;
  return [
    {
      ...base,
      method: "GET",
      pattern: `${base.pattern}/default`,
      handle: ({ query }) => {
        findOs(query.get("os_id") ?? "");
        return ok(defaultSchema(findOffer(query.get("offer_id") ?? "")));
      },
    },
    {
      ...base,
      method: "POST",
      pattern: `${base.pattern}/validate`,
      handle: ({ body }) => {
        const [offerId, osId] = [body.string("offer_id"), body.string("os_id")];
        const schema = body.raw("partitioning_schema");
        if (!isObject(schema) || !Array.isArray(schema["disks"])) {
          body.refuse("partitioning_schema", "must have a list of disks", undefined);
        }
        body.check();
        findOffer(offerId);
        findOs(osId);
        return noContent;
      },
    },
  ];
}
