// SPDX-License-Identifier: Apache-2.0

import { renderSnapshots } from "../snapshots";
import { renderVector } from "../template";
import { cdata } from "../xml";
import type { Kind, Part } from "./kind";
import { element, id, ids, lock, name, owned, owner, permissions, template } from "./kind";

const text = (tag: string, value: string): string => `<${tag}>${cdata(value)}</${tag}>`;

const parts: Part<"image">[] = [
  id,
  owner,
  name,
  lock,
  permissions,
  ({ data }) =>
    element("TYPE", data.type) + element("DISK_TYPE", data.diskType) + element("PERSISTENT", data.persistent ? 1 : 0),
  ({ data }) => element("REGTIME", data.regtime) + element("MODTIME", data.modtime),
  ({ data }) =>
    text("SOURCE", data.source) + text("PATH", data.path) + text("FORMAT", data.format) + text("FS", data.fs),
  ({ data }) => element("SIZE", data.sizeMb),
  // oned sets the previous state together with the state whenever it saves an image.
  ({ data }) => element("STATE", data.state) + element("PREV_STATE", data.state),
  ({ data }) => element("RUNNING_VMS", data.vms.length) + element("CLONING_OPS", data.clones.length),
  ({ data }) => element("CLONING_ID", data.cloningId) + element("TARGET_SNAPSHOT", data.targetSnapshot),
  (e, c) =>
    element("DATASTORE_ID", e.data.datastore) +
    element("DATASTORE", c.state.find("datastore", e.data.datastore)?.name ?? ""),
  ({ data }) => ids("VMS", data.vms) + ids("CLONES", data.clones) + ids("APP_CLONES", data.appClones),
  template,
  // A persistent image that came back from a VM without snapshots has an empty element.
  ({ data }) => (data.snapshots === undefined ? "<SNAPSHOTS></SNAPSHOTS>" : renderSnapshots(data.snapshots)),
  ({ data }) =>
    `<BACKUP_INCREMENTS>${data.increments.map((i) => `<INCREMENT>${renderVector(i)}</INCREMENT>`).join("")}` +
    `</BACKUP_INCREMENTS>${ids("BACKUP_DISK_IDS", data.backupDisks)}`,
];

export const imageKind: Kind<"image"> = {
  ...{ name: "image", pool: "imagepool", element: "IMAGE", poolElement: "IMAGE_POOL", label: "image" },
  ...{ typeLabel: "IMAGE", firstId: 0, paged: true, unique: "owner" },
  parts,
  rights: { ...owned, lock: "MANAGE" },
};
