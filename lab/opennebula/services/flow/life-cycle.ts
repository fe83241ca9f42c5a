// SPDX-License-Identifier: Apache-2.0

/** Brings services a step further: starts and ends the VMs of their roles and follows what becomes of them. */
import { OnedRefusal } from "../../cli/call";
import { toJson } from "../../cli/format";
import { parseXml } from "../../oned/xml";
import type { FlowDocument, OnedCall } from "./documents";
import { State, type Service, type ServiceRole } from "./model";

/** oned's codes. */
const NO_EXISTS = 0x0400;
const VM_ACTIVE = 3;
const VM_DONE = 6;
const LCM_RUNNING = 3;
/** LCM states in which a VM has failed to do what it was told. */
const LCM_FAILURES = new Set([36, 37, 38, 39, 40, 41, 42, 44, 46, 47, 48, 49, 50, 61]);

export enum VmFate {
  Busy = "busy",
  Running = "running",
  Failed = "failed",
  Gone = "gone",
}

const now = (): number => Math.floor(Date.now() / 1000);

/** Notes a state in the service's log, as OneFlow does. */
export function enter(service: Service, state: State): void {
  service.state = state;
  const name = State[state].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  service.log = [...service.log, { timestamp: now(), severity: "I" as const, message: `New state: ${name}` }].slice(
    -10,
  );
}

const attributes = (contents: Record<string, unknown>): string =>
  Object.entries(contents)
    .map(([name, value]) => {
      if (typeof value !== "object" || value === null)
        return `${name} = "${String(value).replace(/\\/g, "\\\\").replaceAll('"', '\\"')}"`;
      return [value]
        .flat()
        .map((vector) => `${name} = [ ${attributes(vector as Record<string, unknown>).replaceAll("\n", ", ")} ]`)
        .join("\n");
    })
    .join("\n");

/** What is done in the name of a service. */
export class LifeCycle {
  /** @param session - of oneadmin; VMs are given to the service's owner. */
  constructor(
    private readonly call: OnedCall,
    private readonly session: string,
  ) {}

  /** One step. @returns whether anything is different, and so must be kept */
  async advance(document: FlowDocument<Service>): Promise<boolean> {
    const before = JSON.stringify(document.body);
    const service = document.body;
    try {
      if (service.state === State.Pending || service.state === State.Deploying) await this.deploy(document);
      else if (service.state === State.Undeploying) await this.undeploy(document);
      else if (service.state === State.Scaling) await this.scale(document);
      else if (service.state === State.Cooldown && now() >= (service.cooldown_end ?? 0)) enter(service, State.Running);
      else if (service.state === State.Running || service.state === State.Warning) await this.watch(service);
    } catch (error) {
      if (!(error instanceof OnedRefusal)) throw error;
      service.log.push({ timestamp: now(), severity: "E", message: error.message });
      enter(service, service.state === State.Scaling ? State.FailedScaling : State.FailedDeploying);
    }
    return JSON.stringify(document.body) !== before;
  }

  private async deploy(document: FlowDocument<Service>): Promise<void> {
    const service = document.body;
    if (service.state === State.Pending) enter(service, State.Deploying);
    for (const role of service.roles) {
      const parents = service.deployment === "straight" ? (role.parents ?? []) : [];
      const waits = parents.some((name) => service.roles.find((one) => one.name === name)?.state !== State.Running);
      if (role.state === State.Running || waits) continue;
      role.state = State.Deploying;
      await this.fill(document, role);
      const fates = await this.fates(role);
      if (fates.includes(VmFate.Failed)) role.state = State.FailedDeploying;
      else if (fates.every((fate) => fate === VmFate.Running)) role.state = State.Running;
    }
    const states = service.roles.map(({ state }) => state);
    if (states.includes(State.FailedDeploying)) enter(service, State.FailedDeploying);
    else if (states.every((state) => state === State.Running)) enter(service, State.Running);
  }

  /** As many VMs as the role shall have. */
  private async fill(document: FlowDocument<Service>, role: ServiceRole): Promise<void> {
    while (role.nodes.length < role.cardinality) {
      const name = `${role.name}_${role.last_vmname}_(service_${document.id})`;
      const extra = attributes({ ...role.template_contents, SERVICE_ID: document.id, ROLE_NAME: role.name });
      const params = [role.template_id, name, false, extra, false];
      const id = Number(await this.call("one.template.instantiate", params, this.session));
      role.last_vmname += 1;
      role.nodes.push({ deploy_id: id, vm_info: { VM: { ID: String(id), NAME: name } } });
      await this.call("one.vm.chown", [id, document.uid, document.gid], this.session);
    }
  }

  private async undeploy({ body: service }: FlowDocument<Service>): Promise<void> {
    for (const role of service.roles) {
      const children = service.roles.filter(({ parents = [] }) => parents.includes(role.name));
      const waits = service.deployment === "straight" && children.some(({ state }) => state !== State.Done);
      if (role.state === State.Done || waits) continue;
      if (role.state !== State.Undeploying) await this.end(service, role, role.nodes.length);
      role.state = State.Undeploying;
      const fates = await this.fates(role);
      if (fates.every((fate) => fate === VmFate.Gone)) role.state = State.Done;
    }
    if (service.roles.every(({ state }) => state === State.Done)) enter(service, State.Done);
  }

  private async scale(document: FlowDocument<Service>): Promise<void> {
    const service = document.body;
    const role = service.roles.find(({ state }) => state === State.Scaling)!;
    await this.fill(document, role);
    const [kept, surplus] = [role.nodes.slice(0, role.cardinality), role.nodes.slice(role.cardinality)];
    const fates = await this.fates({ ...role, nodes: kept });
    const leaving = await this.fates({ ...role, nodes: surplus });
    if (fates.includes(VmFate.Failed)) enter(service, State.FailedScaling);
    if (!fates.every((fate) => fate === VmFate.Running) || !leaving.every((fate) => fate === VmFate.Gone)) return;
    role.nodes = kept;
    role.state = State.Running;
    service.cooldown_end = now() + (role.cooldown ?? 0);
    enter(service, State.Cooldown);
  }

  /** Ends the last VMs of a role. */
  async end(service: Service, role: ServiceRole, howMany: number): Promise<void> {
    const action = (role.shutdown_action ?? (service.shutdown_action as string | undefined) ?? "terminate").replace(
      "shutdown",
      "terminate",
    );
    for (const { deploy_id: id } of role.nodes.slice(role.nodes.length - howMany)) {
      if ((await this.fate(id)) === VmFate.Gone) continue;
      await this.call("one.vm.action", [action, id], this.session);
    }
  }

  private async watch(service: Service): Promise<void> {
    const fates = (await Promise.all(service.roles.map((role) => this.fates(role)))).flat();
    const state = fates.every((fate) => fate === VmFate.Running) ? State.Running : State.Warning;
    if (state !== service.state) enter(service, state);
  }

  private fates(role: ServiceRole): Promise<VmFate[]> {
    return Promise.all(role.nodes.map(({ deploy_id: id }) => this.fate(id)));
  }

  private async fate(id: number): Promise<VmFate> {
    try {
      const vm = toJson(parseXml(await this.call("one.vm.info", [id, false], this.session))) as Record<string, string>;
      const [state, lcm] = [Number(vm.STATE), Number(vm.LCM_STATE)];
      if (state === VM_DONE) return VmFate.Gone;
      if (state === VM_ACTIVE && lcm === LCM_RUNNING) return VmFate.Running;
      return LCM_FAILURES.has(lcm) ? VmFate.Failed : VmFate.Busy;
    } catch (error) {
      if (error instanceof OnedRefusal && error.code === NO_EXISTS) return VmFate.Gone;
      throw error;
    }
  }
}
