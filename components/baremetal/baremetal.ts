// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as scaleway from "@pulumiverse/scaleway";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { hourlyOffers } from "../../catalogue";
import {
  bootstrapHost,
  confirmLayer,
  convergeLayer,
  copyConverger,
  knownHostsLine,
  signHostKey,
  type HostFacts,
} from "../host";
import { derivedP256 } from "../host/derived-keys";
import { plainProgram } from "../host/program";
import type { NetworkOutputs } from "../network/outputs";
import { withUnformattedArray } from "./encryption";
import { renderCloudInit } from "./cloud-init";
import type { HostOutputs } from "./outputs";
import { planServer, type BareMetalHost, type HostPlanArgs, type ServerPlan } from "./plan";
import { renderBareMetal } from "./render";

export interface BareMetalArgs extends HostPlanArgs {
  /** Project that owns the servers. */
  projectId: string;
  /** The servers by name. Plain, because it decides how many there are. */
  hosts: Record<string, BareMetalHost>;
  /** `hourly`, or `monthly` with one month's commitment. @default "hourly" */
  billing?: "hourly" | "monthly";
  /** Refuse deletion at Scaleway too. @default false */
  protected?: boolean;
  /** Login of the administrators on every host. */
  adminUser: string;
  /** Public keys of people. */
  adminKeys: string[];
  network: NetworkOutputs;
}

/**
 * The servers: ordered, proven to be ours by a host key made before them, with their network owned by netplan and confirmed
 * from outside.
 */
export class BareMetal extends pulumi.ComponentResource {
  /** By host name. */
  readonly hosts: Record<string, HostOutputs> = {};
  /** Private key that logs in to every host as the administrator. */
  readonly deployKey: pulumi.Output<string>;
  /** The `@cert-authority` line that recognises every host of the stack. */
  readonly knownHosts: pulumi.Output<string>;

  private readonly deployPublicKey: pulumi.Output<string>;
  private readonly authority: tls.PrivateKey;
  private readonly sshKey: scaleway.iam.SshKey;

  constructor(
    private readonly layerName: string,
    private readonly args: BareMetalArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(
      "opennebula-scaleway:index:BareMetal",
      layerName,
      { hosts: Object.keys(args.hosts), zone: args.zone, offers: offersOf(args) },
      opts,
    );
    const parent = { parent: this };
    const deploy = new tls.PrivateKey(`${layerName}-deploy-key`, { algorithm: "ED25519" }, parent);
    this.authority = new tls.PrivateKey(`${layerName}-ssh-ca`, { algorithm: "ED25519" }, parent);
    this.deployKey = pulumi.secret(deploy.privateKeyOpenssh);
    this.deployPublicKey = deploy.publicKeyOpenssh.apply((key) => key.trim());
    this.knownHosts = this.authority.publicKeyOpenssh.apply((key) => knownHostsLine(key));
    this.sshKey = new scaleway.iam.SshKey(
      `${layerName}-deploy-key`,
      { name: `${layerName}-deploy`, publicKey: this.deployPublicKey, projectId: args.projectId },
      parent,
    );
    for (const [host, spec] of Object.entries(args.hosts))
      this.hosts[host] = this.addHost(planServer(host, spec, args));
    this.registerOutputs({ knownHosts: this.knownHosts });
  }

  private addHost(plan: ServerPlan): HostOutputs {
    const { args, layerName } = this;
    const name = `${layerName}-${plan.host}`;
    const injected = this.authority.privateKeyOpenssh.apply((ca) => derivedP256(ca, `first host key of ${plan.host}`));
    const injectedPublicKey = pulumi.unsecret(injected.apply(({ publicKey }) => publicKey));
    const server = this.order(name, plan, injected);
    const encrypted = plan.encryption && {
      "baremetal.encryptionProgram": plainProgram("encryption", "encryption.py"),
      [`${plan.host}.diskKey`]: this.diskKey(plan.host),
    };
    const publicAddress = server.ipv4s.apply((addresses) => addresses[0]?.address ?? "");
    const vlan = (networkId: pulumi.Output<string>): pulumi.Output<number> =>
      pulumi
        .all([server.privateNetworks, networkId])
        .apply(([networks, id]) => networks?.find((one) => one.id === id)?.vlan ?? 0);
    const managementVlan = vlan(args.network.managementNetworkId);
    const vmsVlan = vlan(args.network.vmsNetworkId);

    const onHost = { parent: this, deletedWith: server };
    const login = { host: publicAddress, user: args.adminUser, privateKey: this.deployKey };
    const bootstrap = bootstrapHost(
      `${name}-bootstrap`,
      { host: plan.host, connection: { ...login, hostKey: injectedPublicKey } },
      onHost,
    );
    const connection = { ...login, hostKey: bootstrap.hostKey };
    const converger = copyConverger(`${name}-converger`, { connection }, { ...onHost, dependsOn: [bootstrap.command] });
    const fact = (key: keyof HostFacts): pulumi.Output<string> => bootstrap.facts.apply((facts) => facts[key]);
    const principals = [plan.host, plan.fqdn, plan.network.management.address, plan.network.vms.address];
    const layer = convergeLayer(
      name,
      {
        host: plan.host,
        layer: "baremetal",
        connection,
        state: renderBareMetal(plan),
        values: {
          [`${plan.host}.nic`]: fact("nic"),
          [`${plan.host}.mac`]: fact("mac"),
          [`${plan.host}.publicAddresses`]: fact("addresses"),
          [`${plan.host}.publicRoutes`]: fact("routes"),
          [`${plan.host}.nameservers`]: fact("nameservers"),
          [`${plan.host}.managementVlan`]: managementVlan.apply(String),
          [`${plan.host}.vmsVlan`]: vmsVlan.apply(String),
          [`${plan.host}.injectedPublicKey`]: injectedPublicKey,
          [`${plan.host}.hostCertificate`]: pulumi
            .all([this.authority.privateKeyOpenssh, bootstrap.hostKey, publicAddress])
            .apply(([ca, key, address]) =>
              signHostKey({ caPrivateKey: ca, hostPublicKey: key, principals: [...principals, address] }),
            ),
          knownHosts: this.knownHosts,
          ...encrypted,
        },
      },
      { ...onHost, dependsOn: [converger] },
    );
    const confirmed = confirmLayer(
      `${name}-confirm`,
      { host: plan.host, layer: "baremetal", connection, applied: layer },
      { ...onHost, dependsOn: [layer.command] },
    );
    return {
      publicAddress,
      managementAddress: plan.network.management.address,
      connection,
      ready: confirmed,
      server,
      serverId: server.id,
    };
  }

  /** Letters and digits only, so that a person can type it at the console. */
  private diskKey(host: string): pulumi.Output<string> {
    const name = `${this.layerName}-disk-key-${host}`;
    return pulumi.secret(new random.RandomPassword(name, { length: 64, special: false }, { parent: this }).result);
  }

  /** The schema of an installation: the offer's own, or with an array that is left for the encrypted disk. */
  private partitioning(plan: ServerPlan): pulumi.Input<string> | undefined {
    if (plan.partitioning !== undefined || plan.encryption === undefined) return plan.partitioning;
    // A preview asks nobody: whoever looks at a change needs no credentials.
    if (pulumi.runtime.isDryRun()) return undefined;
    const offerId = this.offerId(plan.offer);
    return scaleway.elasticmetal
      .getPartitionSchemaOutput({ offerId, osId: plan.osId }, { parent: this })
      .apply(({ jsonPartition }) => withUnformattedArray(jsonPartition));
  }

  /** The id that orders an offer as the arguments say that it is paid. */
  private offerId(name: string): pulumi.Input<string> {
    const { billing, zone } = this.args;
    if (billing !== "monthly") return hourlyOffer(zone, name);
    return scaleway.elasticmetal
      .getOfferOutput({ name, subscriptionPeriod: "monthly", zone }, { parent: this })
      .apply((found) => found.offerId ?? "");
  }

  /**
   * No tags: Scaleway puts one of its own on a server with the private-network option, and a list in the program would fight it
   * at every run.
   */
  private order(
    name: string,
    plan: ServerPlan,
    injected: pulumi.Output<{ privateKey: string; publicKey: string }>,
  ): scaleway.elasticmetal.Server {
    const { args } = this;
    const addresses = args.network.hosts[plan.host];
    if (!addresses)
      throw new pulumi.ResourceError(
        `no private addresses are booked for host ${plan.host}: pass it to the network layer too`,
        this,
      );
    const cloudInit = pulumi.all([injected, this.deployPublicKey]).apply(([hostKey, deployKey]) =>
      renderCloudInit({
        hostname: plan.host,
        fqdn: plan.fqdn,
        user: args.adminUser,
        authorizedKeys: [deployKey, ...args.adminKeys],
        hostKey,
      }),
    );
    return new scaleway.elasticmetal.Server(
      name,
      {
        name: plan.host,
        hostname: plan.host,
        zone: args.zone,
        projectId: args.projectId,
        offer: this.offerId(plan.offer),
        os: plan.osId,
        partitioning: this.partitioning(plan),
        sshKeyIds: [this.sshKey.id],
        options: [{ id: plan.privateNetworkOptionId }],
        privateNetworks: [
          { id: args.network.managementNetworkId, ipamIpIds: [addresses.managementIpId] },
          { id: args.network.vmsNetworkId, ipamIpIds: [addresses.vmsIpId] },
        ],
        cloudInit: pulumi.secret(cloudInit),
        protected: args.protected ?? false,
      },
      // A changed user-data, key list or partitioning does nothing on an installed server and never settles, or would install it
      // anew over its data; hosts are changed by their layers.
      {
        parent: this,
        ignoreChanges: ["tags", "cloudInit", "sshKeyIds", "partitioning"],
        customTimeouts: { create: "90m", delete: "30m" },
      },
    );
  }
}

/** Ids are full everywhere. A name that the catalogue does not know is left to the provider, which finds the hourly offer. */
function hourlyOffer(zone: string, name: string): string {
  const id = hourlyOffers[name];
  return id === undefined ? name : `${zone}/${id}`;
}

function offersOf(args: BareMetalArgs): Record<string, string> {
  return Object.fromEntries(Object.entries(args.hosts).map(([host, spec]) => [host, spec.offer]));
}
