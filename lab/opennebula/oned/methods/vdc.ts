// SPDX-License-Identifier: Apache-2.0

import { rule } from "../acl";
import type { CallContext, Method, Methods } from "../call";
import { authorize, create, find, takeName, template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { VDC_RESOURCES } from "../kinds/people";
import { AFTER_DELETE } from "./common";
import { addRule } from "./user";

type VdcResource = (typeof VDC_RESOURCES)[number];
const VDC_RIGHTS: Record<VdcResource, [type: string, setting: string]> = {
  CLUSTER: ["CLUSTER", ""],
  HOST: ["HOST", "DEFAULT_VDC_HOST_ACL"],
  DATASTORE: ["DATASTORE", "DEFAULT_VDC_DATASTORE_ACL"],
  VNET: ["NET", "DEFAULT_VDC_VNET_ACL"],
};

/** The rules that a resource of a VDC means for one of its groups. */
function vdcRules(
  context: CallContext,
  type: VdcResource,
  resource: { zone: number; id: number },
  gid: number,
): string[] {
  const zone = `#${resource.zone}`;
  if (type === "CLUSTER") {
    const kinds = ["HOST", "DATASTORE", "NET"].map((kind) => {
      const right = context.config.get(`DEFAULT_VDC_CLUSTER_${kind}_ACL`) ?? "USE";
      return `@${gid} ${kind}/${resource.id === -10 ? "*" : `%${resource.id}`} ${right} ${zone}`;
    });
    return kinds;
  }
  const [aclType, setting] = VDC_RIGHTS[type];
  const target = resource.id === -10 ? "*" : `#${resource.id}`;
  return [`@${gid} ${aclType}/${target} ${context.config.get(setting) ?? "USE"} ${zone}`];
}

interface Grant {
  gid: number;
  /** False takes the rules back. */
  give: boolean;
  /** Only the rules of resources of this type. */
  only?: VdcResource;
}

/** Gives a group the rules of a VDC's resources, or takes them back. */
function grant(context: CallContext, vdc: Entity<"vdc">, { gid, give, only }: Grant): void {
  const wanted = VDC_RESOURCES.filter((type) => only === undefined || type === only).flatMap((type) =>
    (vdc.data.resources[type] ?? []).flatMap((resource) => vdcRules(context, type, resource, gid)),
  );
  for (const text of wanted) {
    const data = rule(text);
    const held = context.state.all("acl").find((e) => JSON.stringify(e.data) === JSON.stringify(data));
    if (give && held === undefined) addRule(context, data);
    if (!give && held !== undefined) context.state.remove("acl", held.id);
  }
}

function vdcGroup(add: boolean): Method {
  return (context, params) => {
    const vdc = use(context, "vdc", params.int(0), "ADMIN");
    const gid = params.int(1);
    find(context, "group", gid);
    const is = vdc.data.groups.includes(gid);
    if (add === is) {
      const state = add ? "is already assigned" : "is not assigned";
      throw new Failure(Code.INTERNAL, `Group ${gid} ${state} to the VDC ${vdc.id}`);
    }
    vdc.data.groups = vdc.data.groups.filter((id) => id !== gid);
    if (add) vdc.data.groups = [...vdc.data.groups, gid].sort((a, b) => a - b);
    grant(context, vdc, { gid, give: add });
    context.state.touch("vdc", vdc);
    return vdc.id;
  };
}

/** -10 means every object of that type in the zone, and takes the place of single ones. */
function vdcResource(type: VdcResource, add: boolean): Method {
  return (context, params) => {
    const vdc = use(context, "vdc", params.int(0), "ADMIN");
    const resource = { zone: params.int(1), id: params.int(2) };
    if (add) {
      find(context, "zone", resource.zone);
      if (resource.id !== -10 && type !== "VNET") {
        find(context, type === "CLUSTER" ? "cluster" : type === "HOST" ? "host" : "datastore", resource.id);
      }
    }
    const list = vdc.data.resources[type] ?? [];
    const is = list.some((r) => r.zone === resource.zone && r.id === resource.id);
    const label = type === "VNET" ? "NET" : type;
    if (add === is) {
      const state = add ? `is already assigned to the VDC ${vdc.id}` : "is not assigned to the VDC ";
      throw new Failure(Code.INTERNAL, `${label} ${resource.id} from Zone ${resource.zone} ${state}`);
    }
    for (const gid of vdc.data.groups) grant(context, vdc, { gid, give: false, only: type });
    const others = list.filter(
      (r) => r.zone !== resource.zone || (r.id !== resource.id && !(add && resource.id === -10)),
    );
    vdc.data.resources[type] = add ? [...others, resource] : others;
    for (const gid of vdc.data.groups) grant(context, vdc, { gid, give: true, only: type });
    context.state.touch("vdc", vdc);
    return vdc.id;
  };
}

AFTER_DELETE.vdc = (context, vdc) => {
  for (const group of vdc.data.groups) grant(context, vdc, { gid: group, give: false });
};

export function vdcMethods(): Methods {
  const methods: Methods = {
    "one.vdc.allocate": (context, params) => {
      const { name, rest } = takeName(template(params.string(0)));
      authorize(context, ["CREATE", { type: "VDC" }]);
      return create(context, "vdc", { name, template: rest, data: { groups: [], resources: {} } }).id;
    },
    "one.vdc.addgroup": vdcGroup(true),
    "one.vdc.delgroup": vdcGroup(false),
  };
  for (const type of VDC_RESOURCES) {
    methods[`one.vdc.add${type.toLowerCase()}`] = vdcResource(type, true);
    methods[`one.vdc.del${type.toLowerCase()}`] = vdcResource(type, false);
  }
  return methods;
}
