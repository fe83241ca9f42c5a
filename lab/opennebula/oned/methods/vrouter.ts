// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, create, find, takeName, targetOf, template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { Nic } from "../leases";
import { isYes, leaseRouterNic, nicNeeds, releaseNic } from "../leases";
import type { Params } from "../params";
import { Params as CallParams } from "../params";
import { checkQuotas } from "../quota-use";
import type { Template } from "../template";
import { get, set, vectors } from "../template";
import { ACTIONS, applyAction } from "../vm/actions";
import { boolean, int, string } from "../xmlrpc";
import { AFTER_CHOWN, AFTER_DELETE, AFTER_UPDATE, changeBits, CHOWN_GUARDS } from "./common";
import { action } from "./network";
import { instantiate as instantiateVm } from "./template";
import { asker, vmFor } from "./vm-common";
import { attachNic as attachVmNic, detachNic as detachVmNic } from "./vm-hotplug";

type Router = Entity<"vrouter">;

/** What a floating address is called in a router's NIC: the VMs' own addresses have the plain names. */
const FLOATING = ["MAC", "IP", "IP6_LINK", "IP6_ULA", "IP6_GLOBAL", "VLAN_ID"];

/** The NIC as the router and its VMs have it. */
function forVms(context: CallContext, nic: Nic): Nic {
  if (!isYes(nic.FLOATING_IP)) return nic;
  const restricted = context.config
    .all("VM_RESTRICTED_ATTR")
    .flatMap((name) => (name.startsWith("NIC/") ? [name.slice("NIC/".length)] : []));
  const own = Object.entries(nic).filter(([name]) => !FLOATING.includes(name) && !restricted.includes(name));
  const floating = FLOATING.filter((name) => (nic[name] ?? "") !== "").map((name) => [`VROUTER_${name}`, nic[name]]);
  return Object.fromEntries([...own, ...floating]) as Nic;
}

function lease(context: CallContext, router: Router, nic: Nic, nicId: number): Nic {
  if ((nic.NETWORK_MODE ?? "").toUpperCase() === "AUTO") {
    throw new Failure(Code.INTERNAL, "Virtual Router is incompatible with auto mode");
  }
  return forVms(context, leaseRouterNic(context, { ...nic, NIC_ID: String(nicId) }, router));
}

function release(context: Pick<CallContext, "state">, router: Router, nic: Nic): void {
  releaseNic(context.state, { ...nic, MAC: nic.VROUTER_MAC ?? "" }, { kind: "vrouter", id: router.id });
}

/** Only floating addresses count, as the others are the VMs'. */
function checkLeases(context: CallContext, owner: { uid: number; gid: number }, nics: Nic[]): void {
  for (const nic of nics.filter((n) => isYes(n.FLOATING_IP) && n.NETWORK_ID !== undefined)) {
    checkQuotas(context, owner, { NETWORK: { [nic.NETWORK_ID ?? ""]: { LEASES: 1 } } });
  }
}

function allocate(context: CallContext, params: Params): number {
  const given = template(params.string(0));
  const nics = vectors(given, "NIC");
  authorize(context, ["CREATE", { type: "VROUTER" }], ...nics.flatMap((nic) => nicNeeds(context, nic)));
  checkLeases(context, { uid: context.user.id, gid: context.user.gid }, nics);
  const { name, rest } = takeName(given);
  const router = create(context, "vrouter", { name, template: rest, data: { vms: [] } });
  let nicId = 0;
  router.template = rest.map((attribute) =>
    attribute.name === "NIC" && typeof attribute.value !== "string"
      ? { name: "NIC", value: lease(context, router, attribute.value, nicId++) }
      : attribute,
  );
  return router.id;
}

/** NICs belong to the router: an update of its template leaves them. */
AFTER_UPDATE.vrouter = (_context, router, before) => {
  const nics = before.template.filter(({ name }) => name === "NIC");
  router.template = [...router.template.filter(({ name }) => name !== "NIC"), ...nics];
};
AFTER_DELETE.vrouter = (context, router) => {
  for (const nic of vectors(router.template, "NIC")) release(context, router, nic);
  for (const id of router.data.vms) endVm(context, id);
};

/** An action on one of the router's VMs, with the right that it needs. */
function act(context: CallContext, name: string, id: number): void {
  applyAction(context.work, vmFor(context, id, ACTIONS[name]?.right ?? ""), name, asker(context));
}

/** A VM that cannot be terminated in its state is left alone, as by oned. */
function endVm(context: CallContext, id: number): void {
  try {
    act(context, "terminate-hard", id);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function instantiate(context: CallContext, params: Params): number {
  const [id, count, asked, name] = [params.int(0), params.int(1), params.int(2), params.string(3)];
  const [hold, text] = [params.boolean(4), params.string(5)];
  const router = find(context, "vrouter", id);
  const templateId = asked === -1 ? Number(get(router.template, "TEMPLATE_ID") ?? "-1") : asked;
  if (templateId === -1) {
    throw action("A template ID was not provided, and the virtual router does not have a default one");
  }
  authorize(context, ["MANAGE", targetOf("vrouter", router)]);
  const source = find(context, "template", templateId);
  if (!isYes(get(source.template, "VROUTER"))) throw action("Only virtual router templates are allowed");
  const extra = [...(text === "" ? [] : template(text)), ...vmAttributes(router)];
  const pattern = name === "" ? `vr-${router.name}-%i` : name;
  const made = Array.from({ length: Math.max(0, count) }, (_, index) => {
    const given = {
      id: templateId,
      name: pattern.replaceAll("%i", String(index)),
      hold: true,
      extra,
      hasExtra: text !== "",
    };
    return instantiateVm(context, given).id;
  });
  router.data.vms = [...router.data.vms, ...made].sort((a, b) => a - b);
  router.template = set(router.template, "TEMPLATE_ID", String(templateId));
  context.state.touch("vrouter", router);
  if (!hold) for (const vm of made) act(context, "release", vm);
  return id;
}

/** What a router gives its VMs: NICs, its id, and what they need to find one another. */
function vmAttributes(router: Router): Template {
  const keepalived = get(router.template, "KEEPALIVED_ID") ?? String((router.id % 255) + 1);
  const password = get(router.template, "KEEPALIVED_PASSWORD") ?? "";
  return [
    ...vectors(router.template, "NIC").map((nic) => ({ name: "NIC", value: { ...nic } })),
    { name: "VROUTER_ID", value: String(router.id) },
    { name: "VROUTER_KEEPALIVED_ID", value: keepalived },
    ...(password === "" ? [] : [{ name: "VROUTER_KEEPALIVED_PASSWORD", value: password }]),
  ];
}

const nicText = (nic: Nic): string => {
  const parts = Object.entries(nic).map(([name, value]) => `${name}="${value.replaceAll('"', '\\"')}"`);
  return `NIC=[${parts.join(",")}]`;
};

/** Does to each VM of a router what was done to the router; it stays done when a VM refuses. */
function forEachVm(
  context: CallContext,
  router: Router,
  change: (context: CallContext, params: Params) => number,
  value: string | number,
): number {
  const extra = typeof value === "number" ? int(value) : string(value);
  for (const vm of router.data.vms) {
    try {
      change(context, new CallParams([string(""), int(vm), extra, boolean(false)]));
    } catch (error) {
      throw error instanceof Failure ? action(error.message).keep() : error;
    }
  }
  return router.id;
}

function attachNic(context: CallContext, params: Params): number {
  const [id, text] = [params.int(0), params.string(1)];
  const given = template(text);
  const router = find(context, "vrouter", id);
  const nics = vectors(given, "NIC");
  const needs = nics.flatMap((nic) => nicNeeds(context, nic));
  authorize(context, ["MANAGE", targetOf("vrouter", router)], ...needs);
  checkLeases(context, router, nics);
  if (vectors(given, "NIC_ALIAS").length > 0) throw action("Alias can't be attached to virtual router.");
  const [nic] = nics;
  if (nic === undefined || nics.length !== 1) throw action("The template must contain one NIC attribute");
  const nicId = Math.max(-1, ...vectors(router.template, "NIC").map(({ NIC_ID }) => Number(NIC_ID))) + 1;
  let attached: Nic;
  try {
    attached = lease(context, router, nic, nicId);
  } catch (error) {
    throw error instanceof Failure ? action(error.message) : error;
  }
  router.template = [...router.template, { name: "NIC", value: attached }];
  context.state.touch("vrouter", router);
  return forEachVm(context, router, attachVmNic, nicText(attached));
}

function detachNic(context: CallContext, params: Params): number {
  const [id, nicId] = [params.int(0), params.int(1)];
  const router = use(context, "vrouter", id, "MANAGE");
  const nic = vectors(router.template, "NIC").find(({ NIC_ID }) => NIC_ID === String(nicId));
  if (nic === undefined) throw action(`NIC with NIC_ID ${nicId} does not exist.`);
  release(context, router, nic);
  router.template = router.template.filter(({ value }) => value !== nic);
  context.state.touch("vrouter", router);
  return forEachVm(context, router, detachVmNic, nicId);
}

/** Rights of a router are those of its VMs too; each of these is asked for by itself. */
function chmod(context: CallContext, params: Params): number {
  const router = find(context, "vrouter", params.int(0));
  const bits = Array.from({ length: 9 }, (_, index) => params.int(index + 1));
  changeBits(context, "vrouter", router, bits);
  let refusal: Failure | undefined;
  for (const id of router.data.vms) {
    try {
      changeBits(context, "vm", find(context, "vm", id), bits);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refusal = error;
    }
  }
  if (refusal !== undefined) throw refusal.keep();
  return router.id;
}

/** Its VMs go along to a new owner, as far as the owner's limits let them. */
AFTER_CHOWN.vrouter = (context, router, owner) => {
  let refusal: Failure | undefined;
  for (const id of router.data.vms) {
    const vm = find(context, "vm", id);
    try {
      CHOWN_GUARDS.vm?.(context, vm, { uid: owner.uid ?? 0, gid: owner.gid ?? 0 });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refusal = error;
      continue;
    }
    vm.uid = owner.uid ?? vm.uid;
    vm.gid = owner.gid ?? vm.gid;
    context.state.touch("vm", vm);
  }
  if (refusal !== undefined) throw refusal.keep();
};

export const routerMethods: Methods = {
  "one.vrouter.chmod": chmod,
  "one.vrouter.allocate": allocate,
  "one.vrouter.instantiate": instantiate,
  "one.vrouter.attachnic": attachNic,
  "one.vrouter.detachnic": detachNic,
};
