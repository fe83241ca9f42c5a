// SPDX-License-Identifier: Apache-2.0
import {
  HostState,
  HostStatus,
  TransportError,
  CallError,
  buildTemplate,
  describeError,
  type Host,
  type HostCalls,
  type Template,
} from "../../opennebula";
import type { ResourceDefinition } from "../definition";
import {
  PartialFailure,
  type CheckFailure,
  type DiffResult,
  type PropertyMap,
  type ReadResult,
  type ResourceState,
} from "../grpc/provider";
import { MARKER } from "../framework/attributes";
import { diffProperties } from "../framework/diff";
import { storageMistakes } from "../framework/storage";
import { markerValue } from "../framework/register";
import type { Existing, ResourceCall, ResourceHandler } from "../resource";
import { text } from "./common";
import {
  clusterMatches,
  hostId,
  importedInputs,
  outputsOf,
  refreshedInputs,
  revealInputs,
  UNKNOWN_OUTPUTS,
} from "./host-state";
import { markerOf, type HostWish } from "./host-wish";
import { HOST_TIMING, waitUntilEmpty, waitUntilGone, waitUntilOn, type HostTiming } from "./host-wait";

const DRIVER = {
  pattern: /^[A-Za-z0-9_-]+$/,
  text: "must be the name of a driver in oned.conf: letters, digits, _ and -",
};

/** What the schema, `Check` and `Diff` know of hosts. */
export const HOST_DEFINITION: ResourceDefinition = {
  description:
    "A hypervisor that oned manages. Creation waits until oned monitors it (state `on`, at most 300 s or the resource's custom " +
    "timeout) and otherwise fails with oned's reason. Deletion disables it, waits up to 60 s for its VMs to leave, and refuses while " +
    "some stay.",
  importId: "the number that `onehost list` shows",
  reserved: { ERROR: "is where oned writes why monitoring failed" },
  inputs: {
    name: text("What oned calls the host and resolves to reach it. Unique.", {
      required: true,
      rule: {
        pattern: /^[A-Za-z0-9][A-Za-z0-9._:-]{0,126}$/,
        text: "must be a host name or address that the front-end resolves: letters, digits, dots, hyphens, at most 127",
      },
    }),
    imMad: text("Driver that collects the host's data.", { attribute: "IM_MAD", default: "kvm", rule: DRIVER }),
    vmMad: text("Driver that runs VMs.", { attribute: "VM_MAD", default: "kvm", rule: DRIVER }),
    cluster: text(
      "Name or id of the cluster. Left out: oned's default cluster, and whatever cluster the host is moved to later.",
      {
        sticky: true,
        idOutput: "clusterId",
        nameOutput: "clusterName",
        rule: {
          pattern: /^[^\s](?:.*[^\s])?$/,
          text: "must be the name or the id of a cluster, without blanks around it",
        },
      },
    ),
    attributes: {
      type: "stringMap",
      description: "Template attributes. Those that the program does not name are left alone.",
    },
  },
  outputs: {
    hostId: { type: "integer", description: "oned's number for the host.", required: true, immutable: true },
    clusterId: { type: "integer", description: "Number of the host's cluster.", required: true },
    clusterName: text("Name of the host's cluster.", { required: true }),
    state: text("As `onehost list` shows it: `on`, `init`, `err`, `dsbl`, `off`.", { required: true }),
  },
};

/** `opennebula:index:Host`. */
export class HostResource implements ResourceHandler {
  check(inputs: PropertyMap): CheckFailure[] {
    return storageMistakes(HOST_DEFINITION, inputs);
  }

  constructor(private readonly timing: HostTiming = HOST_TIMING) {}

  diff({ state }: Existing, news: PropertyMap): DiffResult {
    return diffProperties(HOST_DEFINITION, state, news);
  }

  preview(inputs: PropertyMap, olds: PropertyMap | undefined): PropertyMap {
    if (olds === undefined) return { ...inputs, ...UNKNOWN_OUTPUTS };
    const moved = inputs["cluster"] !== undefined && !clusterMatches(inputs["cluster"], olds);
    const known = moved ? ["hostId", "state"] : Object.keys(UNKNOWN_OUTPUTS);
    const kept = Object.entries(olds).filter(([name]) => known.includes(name));
    return { ...inputs, ...UNKNOWN_OUTPUTS, ...Object.fromEntries(kept) };
  }

  async create(call: ResourceCall, inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const wish = revealInputs(inputs);
    const clusterId = await this.clusterId(call, wish.cluster);
    const id = await this.register(call, wish, clusterId ?? -1);
    const properties = await this.converge(call, id, { wish, inputs, clusterId, removed: [], enable: true });
    return { id: String(id), properties };
  }

  async read(call: ResourceCall, id: string, state: ResourceState): Promise<ReadResult | undefined> {
    const host = await call.one().hosts.find(hostId(id), { signal: call.context.signal });
    if (host === undefined) return undefined;
    const imported = Object.keys(state.inputs).length === 0;
    const inputs = imported ? importedInputs(host) : refreshedInputs(state.inputs, host);
    return { id: String(host.id), inputs, properties: outputsOf(host, inputs) };
  }

  async update(call: ResourceCall, existing: Existing, inputs: PropertyMap): Promise<PropertyMap> {
    const wish = revealInputs(inputs);
    const before = revealInputs({ ...existing.state.inputs, ...existing.state.outputs });
    const wanted = new Set(Object.keys(wish.attributes).map((name) => name.toUpperCase()));
    const removed = Object.keys(before.attributes)
      .map((name) => name.toUpperCase())
      .filter((name) => !wanted.has(name));
    const clusterId = await this.clusterId(call, wish.cluster);
    return this.converge(call, hostId(existing.id), { wish, inputs, clusterId, removed, enable: false });
  }

  async delete(call: ResourceCall, { id }: Existing): Promise<void> {
    const { hosts } = call.one();
    const options = { signal: call.context.signal };
    const host = await hosts.find(hostId(id), options);
    if (host === undefined) return;
    const wasEnabled = !isOutOfUse(host);
    // No new VM may arrive while we look whether there are any.
    if (wasEnabled) await hosts.setStatus(host.id, HostStatus.Disabled, options);
    try {
      if (!(await waitUntilEmpty(call, host.id, this.timing))) return;
    } catch (error) {
      // Refused: the host goes on as it was.
      if (wasEnabled) await hosts.setStatus(host.id, HostStatus.Enabled).catch(() => undefined);
      throw error;
    }
    await hosts.delete(host.id, { ...options, repeatable: true }).catch(async (error: unknown) => {
      if ((await hosts.find(host.id, options)) !== undefined) throw error;
    });
    await waitUntilGone(call, host.id, this.timing);
  }

  private async clusterId(call: ResourceCall, cluster: string | undefined): Promise<number | undefined> {
    if (cluster === undefined) return undefined;
    if (/^\d+$/.test(cluster)) return Number(cluster);
    const clusters = await call.one().clusters.list({ signal: call.context.signal });
    const found = clusters.find(({ name }) => name === cluster);
    if (found !== undefined) return found.id;
    const names = clusters.map(({ name }) => name).join(", ");
    throw new Error(`cluster: there is no cluster "${cluster}"; there are ${names}`);
  }

  /**
   * Registers the host once: what an earlier, interrupted or unanswered attempt left behind is found by its unique name and taken
   * over instead of doubled.
   */
  private async register(call: ResourceCall, wish: HostWish, clusterId: number): Promise<number> {
    const { hosts } = call.one();
    const options = { signal: call.context.signal };
    for (let attempt = 1; ; attempt += 1) {
      const existing = await hosts.findByName(wish.name, options);
      if (existing !== undefined) return this.takeOver(call, existing, wish);
      try {
        return await hosts.allocate({ ...wish, clusterId }, options);
      } catch (error) {
        const lost = error instanceof TransportError && error.maybeDone;
        if (!lost && !(error instanceof CallError)) throw error;
        if (attempt === REGISTER_ATTEMPTS || call.context.signal.aborted) throw error;
        // Refused because of the name: perhaps by our own call whose answer was lost. Refused otherwise: for good.
        if (!lost && (await hosts.findByName(wish.name, options)) === undefined) throw error;
        call.context.log(
          "debug",
          `host "${wish.name}": ${error.message}; looking whether it is registered nevertheless`,
        );
      }
    }
  }

  private takeOver(call: ResourceCall, host: Host, wish: HostWish): number {
    const mark = markerOf(host);
    if (mark === markerValue(call.resource.urn)) return host.id;
    const taken = `name: oned already has a host "${host.name}" (id ${host.id})`;
    if (mark !== undefined) throw new Error(`${taken}, which belongs to ${mark}; choose another name`);
    const fresh = host.vmIds.length === 0 && host.imMad === wish.imMad && host.vmMad === wish.vmMad;
    if (!fresh) {
      const cure = `adopt it with "pulumi import ${call.resource.type} ${call.resource.name} ${host.id}" or choose another name`;
      throw new Error(`${taken}, which this program did not make and which has VMs or other drivers; ${cure}`);
    }
    call.context.log("info", `host "${host.name}" (id ${host.id}) was registered already, without VMs: taken over`);
    return host.id;
  }

  /** Brings a registered host to what is wished and waits for it. A failure keeps the host in the state file. */
  private async converge(call: ResourceCall, id: number, goal: Goal): Promise<PropertyMap> {
    const { hosts } = call.one();
    try {
      await applyWish(call, id, goal);
      const host = await waitUntilOn(call, id, { ...this.timing, enable: goal.enable });
      return outputsOf(host, goal.inputs);
    } catch (error) {
      const host = await hosts.find(id).catch(() => undefined);
      const properties = host === undefined ? { ...goal.inputs, hostId: id } : outputsOf(host, goal.inputs);
      throw new PartialFailure(String(id), properties, [describeError(error).message]);
    }
  }
}

const REGISTER_ATTEMPTS = 4;

interface Goal {
  wish: HostWish;
  inputs: PropertyMap;
  /** Undefined: leave the host where it is. */
  clusterId: number | undefined;
  /** Attributes, in capitals, that the program no longer sets. */
  removed: string[];
  /** Put a disabled host into use. */
  enable: boolean;
}

async function applyWish(call: ResourceCall, id: number, goal: Goal): Promise<void> {
  const { hosts } = call.one();
  const options = { signal: call.context.signal };
  const host = await hosts.find(id, options);
  if (host === undefined) throw new Error(`host ${id} is gone from oned; run "pulumi refresh", then it is made anew`);
  if (host.name !== goal.wish.name) await hosts.rename(id, goal.wish.name, options);
  await applyTemplate({ call, hosts, host, goal });
  if (goal.clusterId !== undefined && host.clusterId !== goal.clusterId) {
    await hosts.setCluster(id, goal.clusterId, options);
  }
  if (goal.enable && isOutOfUse(host)) await hosts.setStatus(id, HostStatus.Enabled, options);
}

async function applyTemplate(work: { call: ResourceCall; hosts: HostCalls; host: Host; goal: Goal }): Promise<void> {
  const { call, hosts, host, goal } = work;
  const { wish } = goal;
  const changes: Template = {};
  for (const [name, value] of Object.entries(wish.attributes)) changes[name.toUpperCase()] = value;
  changes[MARKER] = markerValue(call.resource.urn);
  // oned takes a host's drivers from these two attributes.
  if (host.imMad !== wish.imMad) changes["IM_MAD"] = wish.imMad;
  if (host.vmMad !== wish.vmMad) changes["VM_MAD"] = wish.vmMad;
  const removed = goal.removed.filter((name) => Object.hasOwn(host.template, name));
  const options = { signal: call.context.signal };
  if (removed.length > 0) {
    // oned has no call that takes single attributes away; all others are written back as they are.
    const kept = Object.entries(host.template).filter(([name]) => !removed.includes(name));
    await hosts.replace(host.id, { ...Object.fromEntries(kept), ...changes }, options);
  } else if (Object.entries(changes).some(([name, value]) => host.template[name] !== value)) {
    buildTemplate(changes, "attributes");
    await hosts.merge(host.id, changes, options);
  }
}

const OUT_OF_USE = new Set([HostState.Disabled, HostState.MonitoringDisabled, HostState.Offline]);

function isOutOfUse(host: Host): boolean {
  return OUT_OF_USE.has(host.state);
}
