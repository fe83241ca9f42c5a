// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { AuthDriver } from "../../catalogue";
import * as cloud from "../cloud";
import { planAccess, type AccessPlanArgs, type GroupPlan, type UserPlan } from "./plan";

export interface AccessArgs extends AccessPlanArgs {
  /** Numbers in oned of the networks of VMs, by name. */
  networkIds: Record<string, pulumi.Input<number>>;
  /** Names of the private ones among them. */
  privateNetworks: string[];
}

/** Groups with their rules, quotas and sandbox, and the people in them. */
export class Access extends pulumi.ComponentResource {
  /** Generated passwords by user; secrets. Users of other drivers than core have none. */
  readonly passwords: Record<string, pulumi.Output<string>> = {};

  private readonly groupIds: Record<string, pulumi.Output<string>> = {};

  constructor(
    private readonly layerName: string,
    private readonly args: AccessArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const plan = planAccess(args, { private: args.privateNetworks, all: Object.keys(args.networkIds) });
    super("opennebula-scaleway:index:Access", layerName, factsOf(plan.users), opts);
    for (const group of plan.groups) this.addGroup(group);
    new cloud.Vdc(
      `${layerName}-sandbox`,
      {
        name: "sandbox",
        groups: plan.vdc.groups.map((group) => this.groupIds[group]!),
        hosts: ["ALL"],
        datastores: plan.vdc.datastores,
        networks: plan.vdc.networks.map((network) => this.networkId(network)),
      },
      { parent: this },
    );
    for (const [user, spec] of Object.entries(plan.users)) this.addUser(user, spec);
    this.registerOutputs({});
  }

  private networkId(network: string): pulumi.Output<string> {
    return pulumi.output(this.args.networkIds[network]!).apply(String);
  }

  private addGroup({ group, rules, quota, closedNetworks }: GroupPlan): void {
    const name = `${this.layerName}-${group}`;
    const parent = { parent: this };
    // Neither oned's default rights nor its default VDC: a role is what its rules say.
    const made = new cloud.Group(name, { name: group, defaultAcls: false, defaultVdc: false }, parent);
    this.groupIds[group] = made.id;
    for (const [purpose, rule] of Object.entries(rules)) {
      new cloud.Acl(
        `${name}-${purpose}`,
        { rule: pulumi.interpolate`@${made.id} ${rule} *` },
        { parent: this, deletedWith: made },
      );
    }
    if (quota === undefined && closedNetworks.length === 0) return;
    new cloud.Quota(
      name,
      {
        group: made.id,
        vm: quota,
        networks: closedNetworks.map((network) => ({ network: this.networkId(network), leases: 0 })),
      },
      { parent: this, deletedWith: made },
    );
  }

  private addUser(user: string, { group, driver, credential, publicKey }: UserPlan): void {
    const name = `${this.layerName}-user-${user}`;
    let password: pulumi.Input<string> | undefined = credential;
    if (driver === AuthDriver.Core) {
      // No blank and no sign that a shell takes for its own: people paste it into `oneuser login`.
      const made = new random.RandomPassword(name, { length: 32, special: false }, { parent: this });
      password = this.passwords[user] = pulumi.secret(made.result);
    }
    new cloud.User(
      name,
      {
        name: user,
        password,
        authDriver: driver,
        primaryGroup: this.groupIds[group] ?? group,
        sshPublicKey: publicKey,
      },
      { parent: this },
    );
  }
}

/** What policies may know: who is there and how they log in. */
function factsOf(users: Record<string, UserPlan>): pulumi.Inputs {
  return {
    users: Object.fromEntries(Object.entries(users).map(([name, { group, driver }]) => [name, { group, driver }])),
  };
}
