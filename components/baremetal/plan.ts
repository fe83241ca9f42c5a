// SPDX-License-Identifier: Apache-2.0
import type { PrivateNics } from "../../catalogue";
import { operatingSystems, privateNetworkOption, type OperatingSystem } from "../../catalogue";

export interface BareMetalHost {
  /** Offer name as the API spells it, e.g. `EM-A610R-NVME`. */
  offer: string;
  os: OperatingSystem;
  /** Address in the management network. */
  managementAddress: string;
  /** Address in the VM-to-VM network. */
  vmAddress: string;
  /** Partitioning schema as the API takes it. @default the offer's own */
  partitioning?: Record<string, unknown>;
}

/** What is the same on every host. */
export interface HostPlanArgs {
  zone: string;
  domain: string;
  privateNics: PrivateNics;
  management: NetworkPlan;
  vms: NetworkPlan;
  /** Resolvers; undefined = those that the installed system uses. */
  nameservers?: string[];
  /** NTP servers; undefined = the distribution's pool. */
  timeServers?: string[];
  /** HTTP proxy for apt. */
  packageProxy?: string;
  /** Install what `validate` measures and scans with. @default true */
  validationTools?: boolean;
  /** The host that answers names in `domain`: its management address. */
  nameserverOfDomain: string;
  /** Encrypted disks. @default none */
  encryption?: EncryptionPlan;
}

/** The encrypted disk of a host. */
export interface EncryptionPlan {
  /** Let the host's TPM 2.0 open it at boot. */
  tpm: boolean;
}

export interface NetworkPlan {
  prefixLength: number;
  mtu: number;
}

/** Everything about one server that is known before it exists. */
export interface ServerPlan {
  host: string;
  fqdn: string;
  offer: string;
  /** Full id of the operating system. */
  osId: string;
  /** Full id of the option without which no private network can be attached. */
  privateNetworkOptionId: string;
  partitioning?: string;
  network: HostNetworkPlan;
  timeServers?: string[];
  packageProxy?: string;
  validationTools: boolean;
  encryption?: EncryptionPlan;
}

export interface HostNetworkPlan {
  host: string;
  domain: string;
  privateNics: PrivateNics;
  management: NetworkPlan & { address: string };
  vms: NetworkPlan & { address: string };
  nameservers?: string[];
  nameserverOfDomain: string;
}

/** Plans one server. Ids are full ones: with plain ids the provider re-orders the option at every run. */
export function planServer(host: string, spec: BareMetalHost, args: HostPlanArgs): ServerPlan {
  const { zone, domain } = args;
  return {
    host,
    fqdn: `${host}.${domain}`,
    offer: spec.offer,
    osId: `${zone}/${operatingSystems[spec.os].id}`,
    privateNetworkOptionId: `${zone}/${privateNetworkOption.id}`,
    partitioning: spec.partitioning && JSON.stringify(spec.partitioning),
    network: {
      host,
      domain,
      privateNics: args.privateNics,
      management: { ...args.management, address: spec.managementAddress },
      vms: { ...args.vms, address: spec.vmAddress },
      nameservers: args.nameservers,
      nameserverOfDomain: args.nameserverOfDomain,
    },
    timeServers: args.timeServers,
    packageProxy: args.packageProxy,
    validationTools: args.validationTools ?? true,
    encryption: args.encryption,
  };
}
