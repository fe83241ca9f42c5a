// SPDX-License-Identifier: Apache-2.0

/** Calls of oned's API by the name of a kind. */
import { buildTemplate, isNoExists, parseXml, type Template, type XmlElement } from "../../opennebula";
import type { ReferenceKind } from "../definition";
import type { PropertyMap } from "../grpc/provider";
import type { ResourceCall } from "../resource";
import { MARKER, templateOf } from "./attributes";
import type { Candidate, Kind, KindCalls } from "./kind";

/** How `update` takes a template. */
const REPLACE = 0;
const MERGE = 1;

/** Everything: all owners, no range. */
const ALL = [-2, -1, -1] as const;

/** Pools in which objects are looked up: method, element of a member, parameters. */
const POOLS: Record<ReferenceKind, { element: string; pool: string; parameters: readonly number[] }> = {
  acl: { pool: "acl", element: "ACL", parameters: [] },
  backupjob: { pool: "backupjobpool", element: "BACKUPJOB", parameters: ALL },
  cluster: { pool: "clusterpool", element: "CLUSTER", parameters: [] },
  datastore: { pool: "datastorepool", element: "DATASTORE", parameters: [] },
  // 101 is OneFlow's type of service templates; other documents are looked up by their own resource.
  document: { pool: "documentpool", element: "DOCUMENT", parameters: [...ALL, 101] },
  group: { pool: "grouppool", element: "GROUP", parameters: [] },
  hook: { pool: "hookpool", element: "HOOK", parameters: ALL },
  host: { pool: "hostpool", element: "HOST", parameters: [] },
  image: { pool: "imagepool", element: "IMAGE", parameters: ALL },
  marketapp: { pool: "marketapppool", element: "MARKETPLACEAPP", parameters: ALL },
  secgroup: { pool: "secgrouppool", element: "SECURITY_GROUP", parameters: ALL },
  template: { pool: "templatepool", element: "VMTEMPLATE", parameters: ALL },
  user: { pool: "userpool", element: "USER", parameters: [] },
  vdc: { pool: "vdcpool", element: "VDC", parameters: [] },
  vm: { pool: "vmpool", element: "VM", parameters: [...ALL, -1] },
  vmgroup: { pool: "vmgrouppool", element: "VM_GROUP", parameters: ALL },
  vn: { pool: "vnpool", element: "VNET", parameters: ALL },
  vntemplate: { pool: "vntemplatepool", element: "VNTEMPLATE", parameters: ALL },
  vrouter: { pool: "vrouterpool", element: "VROUTER", parameters: ALL },
  zone: { pool: "zonepool", element: "ZONE", parameters: [] },
};

/** Words for people where the name in the API is an abbreviation. */
const WORDS: Partial<Record<ReferenceKind, string>> = {
  document: "service template",
  marketapp: "marketplace app",
  secgroup: "security group",
  template: "VM template",
  vm: "VM",
  vmgroup: "VM group",
  vn: "network",
  vntemplate: "network template",
  vrouter: "virtual router",
};

export function wordOf(kind: ReferenceKind): string {
  return WORDS[kind] ?? kind;
}

/** A method that may be sent again when its answer is lost, because doing it twice does no harm. */
export async function send(
  call: ResourceCall,
  method: string,
  parameters: readonly (string | number | boolean)[],
): Promise<string | number> {
  return call.one().client.callAny(method, parameters, { signal: call.context.signal, repeatable: true });
}

/** As {@link send}, for methods whose second time is not harmless. */
export async function sendOnce(
  call: ResourceCall,
  method: string,
  parameters: readonly (string | number | boolean)[],
): Promise<string | number> {
  return call.one().client.callAny(method, parameters, { signal: call.context.signal });
}

/** Sends a new object's template and answers its id. */
export async function allocate(
  call: ResourceCall,
  method: string,
  template: Template,
  ...more: (number | boolean)[]
): Promise<string> {
  return String(await sendOnce(call, method, [buildTemplate(template), ...more]));
}

/** The object as `info` gives it, or undefined when there is none. */
export async function findObject(call: ResourceCall, api: string, id: string): Promise<XmlElement | undefined> {
  const method = `one.${api}.info`;
  try {
    return parseXml(method, String(await send(call, method, [Number(id), false])));
  } catch (error) {
    if (isNoExists(error)) return undefined;
    throw error;
  }
}

/** Everything in a pool that the user may see; members may be shorter than what `info` tells. */
export async function listObjects(
  call: ResourceCall,
  kind: ReferenceKind,
  parameters: readonly number[] = POOLS[kind].parameters,
): Promise<XmlElement[]> {
  const { pool, element } = POOLS[kind];
  const method = `one.${pool}.info`;
  const found: XmlElement[] = [];
  parseXml(method, String(await send(call, method, parameters)), (member) => {
    if (member.name === element) found.push(member);
  });
  return found;
}

/** The calls of a kind whose objects are plain ones. */
export function plainCalls(kind: Kind): KindCalls {
  const { api } = kind;
  return {
    find: async (call, id) => findObject(call, api, id),
    candidates: async (call, wish) => namedCandidates(call, kind, wish),
    allocate: async (call, _wish, template) => allocate(call, `one.${api}.allocate`, template),
    update: async (call, id, { changes, whole, removes }) => {
      const text = buildTemplate(removes ? whole : changes);
      await send(call, `one.${api}.update`, [Number(id), text, removes ? REPLACE : MERGE]);
    },
    patch: async () => undefined,
    remove: async (call, id) => void (await send(call, `one.${api}.delete`, [Number(id)])),
  };
}

/** Objects of the wished name. Members of a pool may lack the marker, so each is asked for by itself. */
export async function namedCandidates(
  call: ResourceCall,
  kind: Pick<Kind, "api" | "gone">,
  wish: PropertyMap,
  parameters?: readonly number[],
): Promise<Candidate[]> {
  const { name } = wish;
  if (typeof name !== "string") return [];
  const members = await listObjects(call, kind.api as ReferenceKind, parameters);
  const candidates: Candidate[] = [];
  for (const member of members.filter((one) => one.value("NAME") === name)) {
    const id = member.value("ID");
    const object = await findObject(call, kind.api, id);
    if (object !== undefined && kind.gone?.(object) !== true) candidates.push({ id, object });
  }
  return candidates;
}

/** The marker of an object, if it has one. */
export function markerOf(object: XmlElement, element = "TEMPLATE"): string | undefined {
  const value = templateOf(object, element)[MARKER];
  return typeof value === "string" ? value : undefined;
}
