// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import { hostParts, hostSummaryParts } from "../hostxml";
import { renderVector } from "../template";
import { cdata } from "../xml";
import type { KindsOf, Part } from "./kind";
import { adminOnly, element, id, ids, name, owned, owner, permissions, template } from "./kind";

const datastoreParts: Part<"datastore">[] = [
  id,
  owner,
  name,
  permissions,
  (e) => `<DS_MAD>${cdata(e.data.dsMad)}</DS_MAD><TM_MAD>${cdata(e.data.tmMad)}</TM_MAD>`,
  (e, c) => `<BASE_PATH>${cdata(`${c.datastoreLocation}/${e.id}`)}</BASE_PATH>`,
  (e) => element("TYPE", e.data.type) + element("DISK_TYPE", e.data.diskType) + element("STATE", e.data.state),
  (e) => ids("CLUSTERS", e.data.clusters),
  (e) => element("TOTAL_MB", e.data.totalMb) + element("FREE_MB", e.data.freeMb) + element("USED_MB", e.data.usedMb),
  (e, c) =>
    ids(
      "IMAGES",
      c.state.all("image").flatMap((image) => (image.data.datastore === e.id ? [image.id] : [])),
    ),
  template,
];

/** The front-ends of a zone. */
const servers = ({ data }: Entity<"zone">): string =>
  `<SERVER_POOL>${(data.servers ?? []).map((server) => `<SERVER>${renderVector(server)}</SERVER>`).join("")}</SERVER_POOL>`;

export const INFRASTRUCTURE: KindsOf<"host" | "cluster" | "datastore" | "zone"> = {
  host: {
    ...{ name: "host", pool: "hostpool", element: "HOST", poolElement: "HOST_POOL", label: "host", typeLabel: "HOST" },
    ...{ firstId: 0, paged: false, unique: "all" },
    parts: hostParts,
    poolParts: hostSummaryParts,
    rights: adminOnly,
  },
  cluster: {
    ...{ name: "cluster", pool: "clusterpool", element: "CLUSTER", poolElement: "CLUSTER_POOL", label: "cluster" },
    ...{ typeLabel: "CLUSTER", firstId: 100, paged: false, unique: "all" },
    parts: [
      id,
      name,
      (e, c) =>
        ids(
          "HOSTS",
          c.state.all("host").flatMap((h) => (h.data.cluster === e.id ? [h.id] : [])),
        ),
      (e, c) =>
        ids(
          "DATASTORES",
          c.state.all("datastore").flatMap((d) => (d.data.clusters.includes(e.id) ? [d.id] : [])),
        ),
      (e, c) =>
        ids(
          "VNETS",
          c.state.all("vn").flatMap((network) => (network.data.clusters.includes(e.id) ? [network.id] : [])),
        ),
      template,
    ],
    rights: adminOnly,
  },
  datastore: {
    ...{ name: "datastore", pool: "datastorepool", element: "DATASTORE", poolElement: "DATASTORE_POOL" },
    ...{ label: "datastore", typeLabel: "DATASTORE", firstId: 100, paged: false, unique: "all" },
    parts: datastoreParts,
    rights: owned,
  },
  zone: {
    ...{ name: "zone", pool: "zonepool", element: "ZONE", poolElement: "ZONE_POOL", label: "zone", typeLabel: "ZONE" },
    ...{ firstId: 100, paged: false, unique: "all" },
    parts: [id, name, (e) => element("STATE", e.data.state), template, servers],
    rights: adminOnly,
  },
};
