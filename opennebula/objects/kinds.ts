// SPDX-License-Identifier: Apache-2.0
import type { MethodName } from "../signatures";
import type { Template } from "../template/template";
import type { XmlElement } from "../xml";
import { backupJobFromXml, documentFromXml, hookFromXml, vmGroupFromXml } from "./automation";
import { hostFromXml } from "./host";
import { imageFromXml } from "./images";
import { clusterFromXml, datastoreFromXml, zoneFromXml } from "./infrastructure";
import { marketplaceAppFromXml, marketplaceFromXml } from "./market";
import { securityGroupFromXml, virtualNetworkFromXml, virtualRouterFromXml } from "./networks";
import type { Named } from "./parts";
import { groupFromXml, userFromXml, vdcFromXml } from "./people";
import { storedTemplateFromXml } from "./templates";
import { vmFromXml, vmSummaryFromXml } from "./vm";

/** How a kind of object is asked for and made of XML. */
interface Description {
  /** For people. */
  title: string;
  /** Name of its element. */
  element: string;
  /** What the pool call takes: nothing, a filter and a range of ids, or those and a type or state. */
  pool: "plain" | "ranged" | "typed";
  fromXml: (element: XmlElement) => Named;
  /** Where a list says less. @default fromXml */
  listedFromXml?: (element: XmlElement) => Named;
}

/**
 * Every kind of object that has an id and a name, by the word that its methods carry: `vn` for `one.vn.info`. Access rules have no
 * name and calls of their own.
 */
export const KINDS = {
  backupjob: { title: "backup job", element: "BACKUPJOB", pool: "ranged", fromXml: backupJobFromXml },
  cluster: { title: "cluster", element: "CLUSTER", pool: "plain", fromXml: clusterFromXml },
  datastore: { title: "datastore", element: "DATASTORE", pool: "plain", fromXml: datastoreFromXml },
  document: { title: "document", element: "DOCUMENT", pool: "typed", fromXml: documentFromXml },
  group: { title: "group", element: "GROUP", pool: "plain", fromXml: groupFromXml },
  hook: { title: "hook", element: "HOOK", pool: "ranged", fromXml: hookFromXml },
  host: { title: "host", element: "HOST", pool: "plain", fromXml: hostFromXml },
  image: { title: "image", element: "IMAGE", pool: "ranged", fromXml: imageFromXml },
  market: { title: "marketplace", element: "MARKETPLACE", pool: "plain", fromXml: marketplaceFromXml },
  marketapp: { title: "marketplace app", element: "MARKETPLACEAPP", pool: "ranged", fromXml: marketplaceAppFromXml },
  secgroup: { title: "security group", element: "SECURITY_GROUP", pool: "ranged", fromXml: securityGroupFromXml },
  template: { title: "VM template", element: "VMTEMPLATE", pool: "ranged", fromXml: storedTemplateFromXml },
  user: { title: "user", element: "USER", pool: "plain", fromXml: userFromXml },
  vdc: { title: "virtual data centre", element: "VDC", pool: "plain", fromXml: vdcFromXml },
  vm: { title: "VM", element: "VM", pool: "typed", fromXml: vmFromXml, listedFromXml: vmSummaryFromXml },
  vmgroup: { title: "VM group", element: "VM_GROUP", pool: "ranged", fromXml: vmGroupFromXml },
  vn: { title: "virtual network", element: "VNET", pool: "ranged", fromXml: virtualNetworkFromXml },
  vntemplate: { title: "network template", element: "VNTEMPLATE", pool: "ranged", fromXml: storedTemplateFromXml },
  vrouter: { title: "virtual router", element: "VROUTER", pool: "ranged", fromXml: virtualRouterFromXml },
  zone: { title: "zone", element: "ZONE", pool: "plain", fromXml: zoneFromXml },
} as const satisfies Record<string, Description>;

export type Kind = keyof typeof KINDS;

/** What `info` gives for a kind. */
export type ObjectOf<K extends Kind> = ReturnType<(typeof KINDS)[K]["fromXml"]>;

/** What lists of a kind consist of: the same, but for VMs less. */
export type ListedOf<K extends Kind> = Named & ListedEach<K>;

/** One kind after the other, so that those of several kinds are those of any of them. */
type ListedEach<K extends Kind> = K extends Kind
  ? (typeof KINDS)[K] extends { listedFromXml: (element: XmlElement) => infer T }
    ? T
    : ObjectOf<K>
  : never;

/** Every kind that has such a method. */
export type KindsWith<Action extends string> = {
  [K in Kind]: `one.${K}.${Action}` extends MethodName ? K : never;
}[Kind];

/** An object that is made of a template alone. */
export interface FromTemplate {
  /** With the `NAME`. */
  template: Template;
}

interface InCluster extends FromTemplate {
  /** @default oned's default cluster */
  clusterId?: number;
}

/** What a new object of a kind is made of, where that is more than a template. */
interface Specifications {
  vn: InCluster;
  datastore: InCluster;
  document: FromTemplate & { type: number };
  image: FromTemplate & {
    datastoreId: number;
    /** Only oneadmin may skip the check for free space. */ unchecked?: boolean;
  };
  marketapp: FromTemplate & { marketplaceId: number };
  vm: FromTemplate & { /** @default false */ hold?: boolean };
  cluster: { name: string };
  group: { name: string };
  host: { name: string; imMad: string; vmMad: string; /** @default oned's default cluster */ clusterId?: number };
  /** Without a driver oned takes its default, `core`; the first group is the primary one, `users` if there is none. */
  user: { name: string; password: string; driver?: string; groupIds?: readonly number[] };
}

/** What `allocate` of a kind takes: for most a template with its `NAME`. */
export type SpecificationOf<K extends Kind> = K extends keyof Specifications ? Specifications[K] : FromTemplate;
