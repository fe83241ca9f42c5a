// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { HostRole } from "../../catalogue";
import { PUBLIC_NETWORK } from "../../components/cloud/networks/plan";
import { planTestVm, TestVmKind } from "../../components/cloud/test-vm/plan";
import { DatastoreType, ImageState, isRunning, vmStateWord, type Template, type Vm } from "../../opennebula";
import type { CheckContext } from "./check";
import { GuestLogin } from "./guest-login";
import { MARK_ATTRIBUTE } from "./mark";

type Cloud = CheckContext["cloud"];

/** One test VM. */
export interface Guest {
  id: number;
  address: string;
  /** From the order until oned said that it runs. */
  deploySeconds: number;
}

/** Until an image is there: the marketplace may be slow. */
const IMAGE_SECONDS = 300;
const VM_SECONDS = 120;

/** The test VMs of a run: one with a public address, and one in a VXLAN on another host where the cloud has both. */
export class GuestPair {
  readonly publicVm: Guest;
  readonly privateVm: Guest | undefined;
  /** The VXLAN of the private VM. */
  readonly privateNetworkId: number | undefined;

  private constructor(
    private readonly cloud: Cloud,
    readonly run: string,
    private readonly login: GuestLogin,
    made: Pick<GuestPair, "publicVm" | "privateVm" | "privateNetworkId">,
  ) {
    this.publicVm = made.publicVm;
    this.privateVm = made.privateVm;
    this.privateNetworkId = made.privateNetworkId;
  }

  /**
   * Makes image, security group and VMs, all marked with the run's name.
   *
   * @throws Error that says what did not come up; what was made is left for the clean-up.
   */
  static async make(cloud: Cloud, run: string): Promise<GuestPair> {
    const { oned } = cloud;
    const networks = await oned.vnets.list();
    const networkId = (name: string): number | undefined => networks.find((one) => one.name === name)?.id;
    const publicId = networkId(PUBLIC_NETWORK);
    if (publicId === undefined)
      throw new Error(`there is no network "${PUBLIC_NETWORK}": the stack has no flexible IP for a test VM`);
    const [vxlan] = Object.keys(cloud.config.networks.vxlan);
    const privateId = vxlan === undefined ? undefined : networkId(vxlan);
    const login = GuestLogin.generate();
    const image = await makeImage(cloud, run);
    const hosts = cloud.withRole(HostRole.Hypervisor).map(({ name }) => name);
    const make = (kind: TestVmKind, network: number, host: string): Promise<Guest> =>
      makeVm(cloud, { run, kind, image, network, host, key: login.publicKey });
    const [publicVm, privateVm] = await Promise.all([
      make(TestVmKind.Public, publicId, hosts[0]!),
      privateId === undefined ? undefined : make(TestVmKind.Private, privateId, hosts.at(-1)!),
    ]);
    return new GuestPair(cloud, run, login, { publicVm, privateVm, privateNetworkId: privateId });
  }

  /** Runs a command line inside the public VM, from this machine over the Internet. */
  inside(commandLine: string, seconds = 40): Promise<string> {
    return this.login.run(this.publicVm.address, commandLine, seconds);
  }

  /** Plugs a NIC into the public VM while it runs. */
  attachNic(networkId: number): Promise<void> {
    return this.cloud.oned.vms.attachNic(this.publicVm.id, { NETWORK_ID: String(networkId) });
  }

  /** The public VM as oned knows it. */
  info(): Promise<Vm> {
    return this.cloud.oned.vms.info(this.publicVm.id);
  }

  /** Waits until the public VM is as it should be. */
  until(what: string, holds: (vm: Vm) => boolean, seconds = VM_SECONDS): Promise<Vm> {
    return untilVm(this.cloud, this.publicVm.id, { what, holds, seconds });
  }
}

async function makeImage({ oned, config }: Cloud, run: string): Promise<number> {
  const stores = await oned.datastores.list();
  const store = stores.find(({ type }) => type === (DatastoreType.Image as number));
  if (!store) throw new Error("there is no datastore for images");
  const template: Template = { NAME: run, TYPE: "OS", [MARK_ATTRIBUTE]: run, ...(await origin({ oned, config })) };
  const id = await oned.images.allocate({ template, datastoreId: store.id });
  const deadline = Date.now() + IMAGE_SECONDS * 1000;
  for (;;) {
    const { state, template: now } = await oned.images.info(id);
    if (state === (ImageState.Ready as number)) return id;
    if (state === (ImageState.Error as number)) throw new Error(`the image of the test VMs failed: ${text(now.ERROR)}`);
    if (Date.now() > deadline) throw new Error(`the image of the test VMs is not there after ${IMAGE_SECONDS} s`);
    await sleep(500);
  }
}

/** Where the image comes from, in the words of an image's template. */
async function origin({ oned, config }: Pick<Cloud, "oned" | "config">): Promise<Template> {
  const { app, url } = config.validation.image;
  if (url !== undefined) return { PATH: url };
  const found = (await oned.marketplaceApps.list()).find(({ name }) => name === app);
  if (!found)
    throw new Error(`the marketplace has no appliance "${app}"; validation.image of the stack file names another`);
  return { FROM_APP: String(found.id) };
}

interface Order {
  run: string;
  kind: TestVmKind;
  image: number;
  network: number;
  host: string;
  key: string;
}

async function makeVm(cloud: Cloud, { run, kind, image, network, host, key }: Order): Promise<Guest> {
  const { oned } = cloud;
  const { cpu, vcpu, memory, rules, context } = planTestVm(kind);
  const name = `${run}-${kind}`;
  const nic: Record<string, string> = { NETWORK_ID: String(network) };
  if (rules.length > 0) {
    const rule = rules.map(({ protocol, direction, ports }) => {
      return { PROTOCOL: protocol, RULE_TYPE: direction, ...(ports === undefined ? {} : { RANGE: ports }) };
    });
    nic.SECURITY_GROUPS = String(
      await oned.securityGroups.allocate({ template: { NAME: name, [MARK_ATTRIBUTE]: run, RULE: rule } }),
    );
  }
  const started = performance.now();
  const id = await oned.vms.allocate({
    template: {
      ...{ NAME: name, CPU: String(cpu), VCPU: String(vcpu), MEMORY: String(memory), [MARK_ATTRIBUTE]: run },
      DISK: [{ IMAGE_ID: String(image) }],
      NIC: [nic],
      CONTEXT: { ...context, SSH_PUBLIC_KEY: key },
      SCHED_REQUIREMENTS: `NAME = "${host}"`,
    },
  });
  const vm = await untilVm(cloud, id, { what: "running", holds: isRunning, seconds: VM_SECONDS });
  return { id, address: vm.nics[0]?.ip ?? "", deploySeconds: (performance.now() - started) / 1000 };
}

async function untilVm(
  { oned }: Cloud,
  id: number,
  { what, holds, seconds }: { what: string; holds: (vm: Vm) => boolean; seconds: number },
): Promise<Vm> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const vm = await oned.vms.info(id);
    if (holds(vm)) return vm;
    const state = vmStateWord(vm);
    const reason = vm.error === undefined ? "" : `: ${vm.error}`;
    if (state.endsWith("FAILURE")) throw new Error(`${vm.name} is in state ${state}${reason}`);
    if (Date.now() > deadline) throw new Error(`${vm.name} is not ${what} after ${seconds} s but ${state}${reason}`);
    await sleep(300);
  }
}

function text(value: Template[string] | undefined): string {
  return typeof value === "string" ? value : "oned does not say why";
}
