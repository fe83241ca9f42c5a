// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { SecurityGroup, VirtualMachine } from "../resources.gen";
import { planTestVm, type TestVmKind } from "./plan";

export interface TestVmArgs {
  /** Plain, because it decides how many resources there are. */
  kind: TestVmKind;
  /** Name or id of the image: a tiny one, such as Alpine Linux. */
  image: pulumi.Input<string>;
  /** Name or id of the network: one of public addresses, or a VXLAN. */
  network: pulumi.Input<string>;
  /** Public key that logs in as root. */
  sshPublicKey: pulumi.Input<string>;
  /** Host that it starts on. @default the scheduler chooses */
  host?: pulumi.Input<string>;
}

/** A tiny VM that shows whether the cloud works; the same that `validate --load` makes for its checks. */
export class TestVm extends pulumi.ComponentResource {
  /** Number in oned. */
  readonly vmId: pulumi.Output<number>;
  /** Its address in the network. */
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: TestVmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("opennebula-scaleway:index:TestVm", name, { kind: args.kind }, opts);
    const parent = { parent: this };
    const { cpu, vcpu, memory, rules, context } = planTestVm(args.kind);
    const groups = rules.length > 0 ? [new SecurityGroup(`${name}-group`, { name, rules }, parent).id] : undefined;
    const vm = new VirtualMachine(
      `${name}-vm`,
      {
        name,
        ...{ cpu, vcpu, memory },
        disks: [{ name: "system", image: args.image }],
        nics: [{ name: "test", network: args.network, securityGroups: groups }],
        context: { ...context, SSH_PUBLIC_KEY: args.sshPublicKey },
        host: args.host,
      },
      parent,
    );
    this.vmId = vm.id.apply(Number);
    this.address = vm.addresses.apply((addresses) => addresses?.["test"] ?? "");
    this.registerOutputs({ vmId: this.vmId, address: this.address });
  }
}
