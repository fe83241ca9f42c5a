// SPDX-License-Identifier: Apache-2.0
import type { Baremetalv1 } from "@scaleway/sdk-baremetal";

import type { Wire } from "../api/wire";
import type { FunctionDefinition } from "../core/resource";
import { text } from "../core/values";
import { splitId } from "../locality";
import { bareMetalPath, getOffer, getOs } from "../resources/server/api";
import { zonal } from "./common";

type Schema = Wire<Baremetalv1.Schema>;
type Disk = Wire<Baremetalv1.SchemaDisk>;

/** What is left for the system where a data partition takes the rest of the disk. */
const ROOT_SIZE_BYTES = 20_000_000_000;
const DATA_MOUNTPOINT = "/data";

/** Defaults are true for both: swap as the API proposes it, and a data partition. */
export const getPartitionSchema: FunctionDefinition = {
  token: "scaleway:elasticmetal/getPartitionSchema:getPartitionSchema",
  async call(args, call) {
    const [offerRef, osRef] = [text(args.offerId), text(args.osId)];
    const { inZone, id: offerId } = zonal(args, offerRef, call);
    const osId = splitId(osRef).id;
    const swap = args.swap !== false;
    const extraPartition = args.extraPartition !== false;
    const ext4Mountpoint = text(args.ext4Mountpoint) || DATA_MOUNTPOINT;
    const os = await getOs(call, inZone, osId);
    if (!os.custom_partitioning_supported) throw new Error("custom partitioning is not supported with this OS");
    await getOffer(call, inZone, offerId);
    const path = `${bareMetalPath(inZone)}/partitioning-schemas`;
    const proposed = await call.api.get<Schema>(`${path}/default`, { offer_id: offerId, os_id: osId });
    const schema = partitions(proposed, swap, extraPartition ? ext4Mountpoint : undefined);
    await call.api.post(`${path}/validate`, { partitioning_schema: schema, offer_id: offerId, os_id: osId });
    const named = (reference: string): string => `${splitId(reference).locality}/${splitId(reference).id}`;
    return {
      ext4Mountpoint,
      extraPartition,
      id: `${named(offerRef)}-${named(osRef)}`,
      jsonPartition: JSON.stringify(schema),
      offerId: offerRef,
      osId: osRef,
      swap,
      ...(text(args.name) ? { name: text(args.name) } : {}),
      ...(text(args.zone) ? { zone: text(args.zone) } : {}),
    };
  },
};

function partitions(proposed: Schema, swap: boolean, dataMountpoint: string | undefined): Schema {
  const schema = swap ? proposed : withoutSwap(proposed);
  return ordered(dataMountpoint === undefined ? schema : withData(schema, dataMountpoint));
}

/** Keys in one order: the text is compared as text where it is used as an argument. */
function ordered(schema: Schema): Schema {
  return {
    disks: schema.disks.map(({ device, partitions: parts }) => ({
      device,
      partitions: parts.map(({ label, number, size, use_all_available_space }) => ({
        label,
        number,
        size,
        use_all_available_space,
      })),
    })),
    raids: schema.raids.map(({ name, level, devices }) => ({ name, level, devices })),
    filesystems: schema.filesystems.map(({ device, format, mountpoint }) => ({ device, format, mountpoint })),
    ...(schema.zfs ? { zfs: schema.zfs } : {}),
  };
}

/** Partitions are numbered anew, and everything that names them follows. */
function withoutSwap(schema: Schema): Schema {
  const renamed = new Map<string, string>();
  const disks = schema.disks.map((disk) => {
    const kept = disk.partitions.filter((partition) => partition.label !== "swap");
    const numbered = kept.map((partition, index) => {
      renamed.set(partitionName(disk, partition.number), partitionName(disk, index + 1));
      return { ...partition, number: index + 1 };
    });
    return { ...disk, partitions: numbered };
  });
  const rename = (device: string): string => renamed.get(device) ?? device;
  return {
    ...schema,
    disks,
    raids: schema.raids.map((raid) => ({ ...raid, devices: raid.devices.map(rename) })),
    filesystems: schema.filesystems.map((filesystem) => ({ ...filesystem, device: rename(filesystem.device) })),
  };
}

/** The root partition is cut to a fixed size; a mirrored data partition takes the rest. */
function withData(schema: Schema, mountpoint: string): Schema {
  const devices: string[] = [];
  const disks = schema.disks.map((disk) => {
    const number = disk.partitions.length + 1;
    devices.push(partitionName(disk, number));
    return {
      ...disk,
      partitions: [
        ...disk.partitions.map((partition) =>
          partition.label === "root"
            ? { ...partition, size: ROOT_SIZE_BYTES, use_all_available_space: false }
            : partition,
        ),
        { label: "data", number, size: 0, use_all_available_space: true },
      ],
    };
  });
  const raid = `/dev/md${String(schema.raids.length)}`;
  return {
    ...schema,
    disks,
    raids: [...schema.raids, { name: raid, level: "raid_level_1", devices }],
    filesystems: [...schema.filesystems, { device: raid, format: "ext4", mountpoint }],
  };
}

function partitionName(disk: Disk, number: number): string {
  return `${disk.device}${/\d$/.test(disk.device) ? "p" : ""}${String(number)}`;
}
