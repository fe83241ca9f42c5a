// SPDX-License-Identifier: Apache-2.0
// Generated from the provider's definitions by `npm run generate`; do not edit.
import * as pulumi from "@pulumi/pulumi";
import { PROVIDER_VERSION, token } from "../../provider/types";
import type * as types from "./types.gen";

/** Arguments of {@link Host}. */
export interface HostArgs {
  /** What oned calls the host and resolves to reach it. Unique. */
  name: pulumi.Input<string>;
  /**
   * Driver that collects the host's data.
   * @default "kvm"
   */
  imMad?: pulumi.Input<string>;
  /**
   * Driver that runs VMs.
   * @default "kvm"
   */
  vmMad?: pulumi.Input<string>;
  /**
   * Name or id of the cluster. Left out: oned's default cluster, and whatever cluster the host is moved to
   * later.
   */
  cluster?: pulumi.Input<string>;
  /** Template attributes. Those that the program does not name are left alone. */
  attributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A hypervisor that oned manages. Creation waits until oned monitors it (state `on`, at most 300 s or the
 * resource's custom timeout) and otherwise fails with oned's reason. Deletion disables it, waits up to 60 s for
 * its VMs to leave, and refuses while some stay.
 */
export class Host extends pulumi.CustomResource {
  /** What oned calls the host and resolves to reach it. Unique. */
  declare readonly name: pulumi.Output<string>;
  /** Driver that collects the host's data. */
  declare readonly imMad: pulumi.Output<string>;
  /** Driver that runs VMs. */
  declare readonly vmMad: pulumi.Output<string>;
  /**
   * Name or id of the cluster. Left out: oned's default cluster, and whatever cluster the host is moved to
   * later.
   */
  declare readonly cluster: pulumi.Output<string | undefined>;
  /** Template attributes. Those that the program does not name are left alone. */
  declare readonly attributes: pulumi.Output<Record<string, string> | undefined>;
  /** oned's number for the host. */
  declare readonly hostId: pulumi.Output<number>;
  /** Number of the host's cluster. */
  declare readonly clusterId: pulumi.Output<number>;
  /** Name of the host's cluster. */
  declare readonly clusterName: pulumi.Output<string>;
  /** As `onehost list` shows it: `on`, `init`, `err`, `dsbl`, `off`. */
  declare readonly state: pulumi.Output<string>;

  constructor(name: string, args: HostArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      imMad: args.imMad,
      vmMad: args.vmMad,
      cluster: args.cluster,
      attributes: args.attributes,
      hostId: undefined,
      clusterId: undefined,
      clusterName: undefined,
      state: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Host"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Host that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onehost list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Host {
    return new Host(name, {} as HostArgs, { ...opts, id });
  }
}

/** Arguments of {@link Cluster}. */
export interface ClusterArgs {
  /** Name of the cluster. Unique. */
  name: pulumi.Input<string>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
}

/** A cluster: hosts, datastores and networks that work together. Deleted only when it is empty. */
export class Cluster extends pulumi.CustomResource {
  /** Name of the cluster. Unique. */
  declare readonly name: pulumi.Output<string>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** oned's number of the cluster. */
  declare readonly clusterId: pulumi.Output<number>;

  constructor(name: string, args: ClusterArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      attributes: args.attributes,
      clusterId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Cluster"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Cluster that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onecluster list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Cluster {
    return new Cluster(name, {} as ClusterArgs, { ...opts, id });
  }
}

/** Arguments of {@link Datastore}. */
export interface DatastoreArgs {
  /** Name of the datastore. Unique. */
  name: pulumi.Input<string>;
  /**
   * What it holds. A change replaces the object.
   * @default "IMAGE_DS"
   */
  type?: pulumi.Input<types.DatastoreType>;
  /** Driver that manages images (`fs`, `ceph`, `restic`, ...); needed by all but system datastores. */
  dsMad?: pulumi.Input<string>;
  /** Driver that moves disks (`local`, `ssh`, `shared`, `qcow2`, `fs_lvm_ssh`, `ceph`, ...). */
  tmMad?: pulumi.Input<string>;
  /** How hosts see its disks; the drivers' own if left out. */
  diskType?: pulumi.Input<types.DiskType>;
  /** Hosts that have access to the storage, if the front-end has none. */
  bridgeHosts?: pulumi.Input<pulumi.Input<string>[]>;
  /** Directories of the front-end from which images may be made, within the restricted ones. */
  safeDirectories?: pulumi.Input<pulumi.Input<string>[]>;
  /** Directories of the front-end from which no image may be made. */
  restrictedDirectories?: pulumi.Input<pulumi.Input<string>[]>;
  /** MiB that may be used. */
  limitMb?: pulumi.Input<number>;
  /** False: a system datastore gets no more disks. */
  enabled?: pulumi.Input<boolean>;
  /** Pool of a Ceph cluster (drivers `ceph`). */
  ceph?: pulumi.Input<types.DatastoreCephArgs>;
  /** NFS share that the hosts mount by themselves (driver `shared`). */
  nfs?: pulumi.Input<types.DatastoreNfsArgs>;
  /** Logical volumes on shared block devices (drivers `fs_lvm`, `fs_lvm_ssh`). */
  lvm?: pulumi.Input<types.DatastoreLvmArgs>;
  /** Backups with restic over SFTP. */
  restic?: pulumi.Input<types.DatastoreResticArgs>;
  /** Backups with rsync. */
  rsync?: pulumi.Input<types.DatastoreRsyncArgs>;
  /** Clusters that the object belongs to; left out: as oned has it. Names or ids, in any order. */
  clusters?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A datastore for images, running disks, files or backups. Deleted only when it holds no image. */
export class Datastore extends pulumi.CustomResource {
  /** Name of the datastore. Unique. */
  declare readonly name: pulumi.Output<string>;
  /** What it holds. */
  declare readonly type: pulumi.Output<types.DatastoreType>;
  /** Driver that manages images (`fs`, `ceph`, `restic`, ...); needed by all but system datastores. */
  declare readonly dsMad: pulumi.Output<string | undefined>;
  /** Driver that moves disks (`local`, `ssh`, `shared`, `qcow2`, `fs_lvm_ssh`, `ceph`, ...). */
  declare readonly tmMad: pulumi.Output<string | undefined>;
  /** How hosts see its disks; the drivers' own if left out. */
  declare readonly diskType: pulumi.Output<types.DiskType | undefined>;
  /** Hosts that have access to the storage, if the front-end has none. */
  declare readonly bridgeHosts: pulumi.Output<string[] | undefined>;
  /** Directories of the front-end from which images may be made, within the restricted ones. */
  declare readonly safeDirectories: pulumi.Output<string[] | undefined>;
  /** Directories of the front-end from which no image may be made. */
  declare readonly restrictedDirectories: pulumi.Output<string[] | undefined>;
  /** MiB that may be used. */
  declare readonly limitMb: pulumi.Output<number | undefined>;
  /** False: a system datastore gets no more disks. */
  declare readonly enabled: pulumi.Output<boolean | undefined>;
  /** Pool of a Ceph cluster (drivers `ceph`). */
  declare readonly ceph: pulumi.Output<types.DatastoreCeph | undefined>;
  /** NFS share that the hosts mount by themselves (driver `shared`). */
  declare readonly nfs: pulumi.Output<types.DatastoreNfs | undefined>;
  /** Logical volumes on shared block devices (drivers `fs_lvm`, `fs_lvm_ssh`). */
  declare readonly lvm: pulumi.Output<types.DatastoreLvm | undefined>;
  /** Backups with restic over SFTP. */
  declare readonly restic: pulumi.Output<types.DatastoreRestic | undefined>;
  /** Backups with rsync. */
  declare readonly rsync: pulumi.Output<types.DatastoreRsync | undefined>;
  /** Clusters that the object belongs to; left out: as oned has it. Names or ids, in any order. */
  declare readonly clusters: pulumi.Output<string[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the datastore. */
  declare readonly datastoreId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: DatastoreArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      type: args.type,
      dsMad: args.dsMad,
      tmMad: args.tmMad,
      diskType: args.diskType,
      bridgeHosts: args.bridgeHosts,
      safeDirectories: args.safeDirectories,
      restrictedDirectories: args.restrictedDirectories,
      limitMb: args.limitMb,
      enabled: args.enabled,
      ceph: args.ceph,
      nfs: args.nfs,
      lvm: args.lvm,
      restic: args.restic,
      rsync: args.rsync,
      clusters: args.clusters,
      attributes: args.attributes,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      datastoreId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Datastore"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Datastore that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onedatastore list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Datastore {
    return new Datastore(name, {} as DatastoreArgs, { ...opts, id });
  }
}

/** Arguments of {@link ZoneServer}. */
export interface ZoneServerArgs {
  /**
   * Name or id of the zone. A change replaces the object.
   * @default "0"
   */
  zone?: pulumi.Input<string>;
  /** Name of the server. Unique in its zone. A change replaces the object. */
  name: pulumi.Input<string>;
  /** Address of its oned, e.g. `http://10.16.0.4:2633/RPC2`. A change replaces the object. */
  endpoint: pulumi.Input<string>;
}

/** A front-end of a zone's high-availability cluster. Add the members one after the other. */
export class ZoneServer extends pulumi.CustomResource {
  /** Name or id of the zone. */
  declare readonly zone: pulumi.Output<string>;
  /** Name of the server. Unique in its zone. */
  declare readonly name: pulumi.Output<string>;
  /** Address of its oned, e.g. `http://10.16.0.4:2633/RPC2`. */
  declare readonly endpoint: pulumi.Output<string>;
  /** Number of the zone. */
  declare readonly zoneId: pulumi.Output<number>;
  /** Number of the server in its zone. */
  declare readonly serverId: pulumi.Output<number>;

  constructor(name: string, args: ZoneServerArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      zone: args.zone,
      name: args.name,
      endpoint: args.endpoint,
      zoneId: undefined,
      serverId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("ZoneServer"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A ZoneServer that is there already, as it is; nothing is changed.
   *
   * @param id - zone and number of the server as `onezone show` tells them, e.g. `0:1`.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): ZoneServer {
    return new ZoneServer(name, {} as ZoneServerArgs, { ...opts, id });
  }
}

/** Arguments of {@link VirtualNetwork}. */
export interface VirtualNetworkArgs {
  /** Name of the network. Unique for its owner. */
  name: pulumi.Input<string>;
  /** For people. */
  description?: pulumi.Input<string>;
  /**
   * Driver: `bridge`, `fw`, `ebtables`, `802.1Q`, `vxlan`, `ovswitch`, `ovswitch_vxlan`, `elastic` or one of
   * your own. A change replaces the object.
   */
  vnMad: pulumi.Input<string>;
  /** Bridge on the hosts; oned chooses a name if it is left out. */
  bridge?: pulumi.Input<string>;
  /** NIC of the hosts that carries the traffic. */
  physicalDevice?: pulumi.Input<string>;
  /** VLAN or VXLAN number. */
  vlanId?: pulumi.Input<number>;
  /** oned chooses the VLAN or VXLAN number. A change replaces the object. */
  automaticVlanId?: pulumi.Input<boolean>;
  /** MTU of the devices on the hosts. */
  mtu?: pulumi.Input<number>;
  /** MTU that guests are told. */
  guestMtu?: pulumi.Input<number>;
  /** Base address. */
  networkAddress?: pulumi.Input<string>;
  /** IPv4 mask. */
  networkMask?: pulumi.Input<string>;
  /** IPv4 gateway. */
  gateway?: pulumi.Input<string>;
  /** IPv6 gateway. */
  gateway6?: pulumi.Input<string>;
  /** Name servers. */
  dns?: pulumi.Input<pulumi.Input<string>[]>;
  /** DNS search domain. */
  searchDomain?: pulumi.Input<string>;
  /** How guests get their IPv4 address: `static`, `dhcp` or `skip`. */
  method?: pulumi.Input<string>;
  /** How guests get their IPv6 address: `static`, `auto`, `dhcp`, `disable` or `skip`. */
  ip6Method?: pulumi.Input<string>;
  /** Drop packets with other source addresses than the VM's own. */
  filterIpSpoofing?: pulumi.Input<boolean>;
  /** Drop packets with other MACs than the VM's own. */
  filterMacSpoofing?: pulumi.Input<boolean>;
  /** Security groups of every NIC in the network. Names or ids, in any order. */
  securityGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /** Limits of each NIC in the network. */
  qos?: pulumi.Input<types.NetworkQosArgs>;
  /** Clusters that the object belongs to; left out: as oned has it. Names or ids, in any order. */
  clusters?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A virtual network. Its addresses are resources by themselves: {@link AddressRange}. */
export class VirtualNetwork extends pulumi.CustomResource {
  /** Name of the network. Unique for its owner. */
  declare readonly name: pulumi.Output<string>;
  /** For people. */
  declare readonly description: pulumi.Output<string | undefined>;
  /**
   * Driver: `bridge`, `fw`, `ebtables`, `802.1Q`, `vxlan`, `ovswitch`, `ovswitch_vxlan`, `elastic` or one of
   * your own.
   */
  declare readonly vnMad: pulumi.Output<string>;
  /** Bridge on the hosts; oned chooses a name if it is left out. */
  declare readonly bridge: pulumi.Output<string | undefined>;
  /** NIC of the hosts that carries the traffic. */
  declare readonly physicalDevice: pulumi.Output<string | undefined>;
  /** VLAN or VXLAN number. */
  declare readonly vlanId: pulumi.Output<number | undefined>;
  /** oned chooses the VLAN or VXLAN number. */
  declare readonly automaticVlanId: pulumi.Output<boolean | undefined>;
  /** MTU of the devices on the hosts. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  /** MTU that guests are told. */
  declare readonly guestMtu: pulumi.Output<number | undefined>;
  /** Base address. */
  declare readonly networkAddress: pulumi.Output<string | undefined>;
  /** IPv4 mask. */
  declare readonly networkMask: pulumi.Output<string | undefined>;
  /** IPv4 gateway. */
  declare readonly gateway: pulumi.Output<string | undefined>;
  /** IPv6 gateway. */
  declare readonly gateway6: pulumi.Output<string | undefined>;
  /** Name servers. */
  declare readonly dns: pulumi.Output<string[] | undefined>;
  /** DNS search domain. */
  declare readonly searchDomain: pulumi.Output<string | undefined>;
  /** How guests get their IPv4 address: `static`, `dhcp` or `skip`. */
  declare readonly method: pulumi.Output<string | undefined>;
  /** How guests get their IPv6 address: `static`, `auto`, `dhcp`, `disable` or `skip`. */
  declare readonly ip6Method: pulumi.Output<string | undefined>;
  /** Drop packets with other source addresses than the VM's own. */
  declare readonly filterIpSpoofing: pulumi.Output<boolean | undefined>;
  /** Drop packets with other MACs than the VM's own. */
  declare readonly filterMacSpoofing: pulumi.Output<boolean | undefined>;
  /** Security groups of every NIC in the network. Names or ids, in any order. */
  declare readonly securityGroups: pulumi.Output<string[] | undefined>;
  /** Limits of each NIC in the network. */
  declare readonly qos: pulumi.Output<types.NetworkQos | undefined>;
  /** Clusters that the object belongs to; left out: as oned has it. Names or ids, in any order. */
  declare readonly clusters: pulumi.Output<string[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the network. */
  declare readonly networkId: pulumi.Output<number>;
  /** VLAN or VXLAN number in use, if there is one. */
  declare readonly vlanNumber: pulumi.Output<number | undefined>;
  /** Bridge in use. */
  declare readonly bridgeName: pulumi.Output<string | undefined>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: VirtualNetworkArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      description: args.description,
      vnMad: args.vnMad,
      bridge: args.bridge,
      physicalDevice: args.physicalDevice,
      vlanId: args.vlanId,
      automaticVlanId: args.automaticVlanId,
      mtu: args.mtu,
      guestMtu: args.guestMtu,
      networkAddress: args.networkAddress,
      networkMask: args.networkMask,
      gateway: args.gateway,
      gateway6: args.gateway6,
      dns: args.dns,
      searchDomain: args.searchDomain,
      method: args.method,
      ip6Method: args.ip6Method,
      filterIpSpoofing: args.filterIpSpoofing,
      filterMacSpoofing: args.filterMacSpoofing,
      securityGroups: args.securityGroups,
      qos: args.qos,
      clusters: args.clusters,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      networkId: undefined,
      vlanNumber: undefined,
      bridgeName: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("VirtualNetwork"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A VirtualNetwork that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onevnet list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): VirtualNetwork {
    return new VirtualNetwork(name, {} as VirtualNetworkArgs, { ...opts, id });
  }
}

/** Arguments of {@link AddressRange}. */
export interface AddressRangeArgs {
  /** Name or id of the network. A change replaces the object. */
  network: pulumi.Input<string>;
  /**
   * Kind of addresses. A change replaces the object.
   * @default "IP4"
   */
  type?: pulumi.Input<types.AddressRangeType>;
  /** Number of addresses. */
  size: pulumi.Input<number>;
  /** First IPv4 address. A change replaces the object. */
  ip?: pulumi.Input<string>;
  /** First IPv6 address of a static range. A change replaces the object. */
  ip6?: pulumi.Input<string>;
  /** Of a static IPv6 range. A change replaces the object. */
  prefixLength?: pulumi.Input<number>;
  /** IPv6 prefix that is routed. A change replaces the object. */
  globalPrefix?: pulumi.Input<string>;
  /** Local IPv6 prefix. A change replaces the object. */
  ulaPrefix?: pulumi.Input<string>;
  /** First MAC; made from the address if it is left out. A change replaces the object. */
  mac?: pulumi.Input<string>;
  /**
   * Further attributes of the range, by their names in OpenNebula: a text, a map of texts (a vector), or a list
   * of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
}

/**
 * Addresses of a virtual network. Each range is a resource by itself, so that adding one touches no other.
 * Deleted only when none of its addresses is in use.
 */
export class AddressRange extends pulumi.CustomResource {
  /** Name or id of the network. */
  declare readonly network: pulumi.Output<string>;
  /** Kind of addresses. */
  declare readonly type: pulumi.Output<types.AddressRangeType>;
  /** Number of addresses. */
  declare readonly size: pulumi.Output<number>;
  /** First IPv4 address. */
  declare readonly ip: pulumi.Output<string | undefined>;
  /** First IPv6 address of a static range. */
  declare readonly ip6: pulumi.Output<string | undefined>;
  /** Of a static IPv6 range. */
  declare readonly prefixLength: pulumi.Output<number | undefined>;
  /** IPv6 prefix that is routed. */
  declare readonly globalPrefix: pulumi.Output<string | undefined>;
  /** Local IPv6 prefix. */
  declare readonly ulaPrefix: pulumi.Output<string | undefined>;
  /** First MAC; made from the address if it is left out. */
  declare readonly mac: pulumi.Output<string | undefined>;
  /**
   * Further attributes of the range, by their names in OpenNebula: a text, a map of texts (a vector), or a list
   * of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** Number of the network. */
  declare readonly networkId: pulumi.Output<number>;
  /** Number of the range in its network. */
  declare readonly rangeId: pulumi.Output<number>;
  /** First MAC. */
  declare readonly firstMac: pulumi.Output<string | undefined>;
  /** Last IPv4 address. */
  declare readonly lastIp: pulumi.Output<string | undefined>;
  /** Addresses in use when oned was last asked. */
  declare readonly usedLeases: pulumi.Output<number | undefined>;

  constructor(name: string, args: AddressRangeArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      network: args.network,
      type: args.type,
      size: args.size,
      ip: args.ip,
      ip6: args.ip6,
      prefixLength: args.prefixLength,
      globalPrefix: args.globalPrefix,
      ulaPrefix: args.ulaPrefix,
      mac: args.mac,
      attributes: args.attributes,
      networkId: undefined,
      rangeId: undefined,
      firstMac: undefined,
      lastIp: undefined,
      usedLeases: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("AddressRange"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A AddressRange that is there already, as it is; nothing is changed.
   *
   * @param id - network and range as `onevnet show` tells them, e.g. `7:0`.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): AddressRange {
    return new AddressRange(name, {} as AddressRangeArgs, { ...opts, id });
  }
}

/** Arguments of {@link Reservation}. */
export interface ReservationArgs {
  /** Name or id of the network whose addresses are reserved. A change replaces the object. */
  network: pulumi.Input<string>;
  /** Name of the reservation, unless it goes into another one. */
  name?: pulumi.Input<string>;
  /**
   * Name or id of a reservation of the same network that gets the addresses as a further range. A change
   * replaces the object.
   */
  into?: pulumi.Input<string>;
  /** Number of addresses. A change replaces the object. */
  size: pulumi.Input<number>;
  /** Number of the network's range to take them from. A change replaces the object. */
  range?: pulumi.Input<number>;
  /** First IPv4 address; with `range`. A change replaces the object. */
  firstIp?: pulumi.Input<string>;
  /** First MAC; with `range`. A change replaces the object. */
  firstMac?: pulumi.Input<string>;
  /**
   * Further attributes of the reservation, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/**
 * Addresses of a network set aside, as a network of their own, or as a further range of a reservation that
 * exists (`into`). Deleting it gives the addresses back.
 */
export class Reservation extends pulumi.CustomResource {
  /** Name or id of the network whose addresses are reserved. */
  declare readonly network: pulumi.Output<string>;
  /** Name of the reservation, unless it goes into another one. */
  declare readonly name: pulumi.Output<string | undefined>;
  /** Name or id of a reservation of the same network that gets the addresses as a further range. */
  declare readonly into: pulumi.Output<string | undefined>;
  /** Number of addresses. */
  declare readonly size: pulumi.Output<number>;
  /** Number of the network's range to take them from. */
  declare readonly range: pulumi.Output<number | undefined>;
  /** First IPv4 address; with `range`. */
  declare readonly firstIp: pulumi.Output<string | undefined>;
  /** First MAC; with `range`. */
  declare readonly firstMac: pulumi.Output<string | undefined>;
  /**
   * Further attributes of the reservation, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** Number of the network whose addresses are reserved. */
  declare readonly networkId: pulumi.Output<number | undefined>;
  /** Number of the reservation, which NICs name as their network. */
  declare readonly reservationId: pulumi.Output<number>;
  /** First IPv4 address. */
  declare readonly ip: pulumi.Output<string | undefined>;

  constructor(name: string, args: ReservationArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      network: args.network,
      name: args.name,
      into: args.into,
      size: args.size,
      range: args.range,
      firstIp: args.firstIp,
      firstMac: args.firstMac,
      attributes: args.attributes,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      networkId: undefined,
      reservationId: undefined,
      ip: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Reservation"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Reservation that is there already, as it is; nothing is changed.
   *
   * @param id - the reservation's number as `onevnet list` shows it, or `<reservation>:<range>` for a range
   * added to one.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Reservation {
    return new Reservation(name, {} as ReservationArgs, { ...opts, id });
  }
}

/** Arguments of {@link VnTemplate}. */
export interface VnTemplateArgs {
  /** Name of the template. */
  name: pulumi.Input<string>;
  /** For people. */
  description?: pulumi.Input<string>;
  /**
   * Driver: `bridge`, `fw`, `ebtables`, `802.1Q`, `vxlan`, `ovswitch`, `ovswitch_vxlan`, `elastic` or one of
   * your own.
   */
  vnMad: pulumi.Input<string>;
  /** Bridge on the hosts; oned chooses a name if it is left out. */
  bridge?: pulumi.Input<string>;
  /** NIC of the hosts that carries the traffic. */
  physicalDevice?: pulumi.Input<string>;
  /** VLAN or VXLAN number. */
  vlanId?: pulumi.Input<number>;
  /** oned chooses the VLAN or VXLAN number. */
  automaticVlanId?: pulumi.Input<boolean>;
  /** MTU of the devices on the hosts. */
  mtu?: pulumi.Input<number>;
  /** MTU that guests are told. */
  guestMtu?: pulumi.Input<number>;
  /** Base address. */
  networkAddress?: pulumi.Input<string>;
  /** IPv4 mask. */
  networkMask?: pulumi.Input<string>;
  /** IPv4 gateway. */
  gateway?: pulumi.Input<string>;
  /** IPv6 gateway. */
  gateway6?: pulumi.Input<string>;
  /** Name servers. */
  dns?: pulumi.Input<pulumi.Input<string>[]>;
  /** DNS search domain. */
  searchDomain?: pulumi.Input<string>;
  /** How guests get their IPv4 address: `static`, `dhcp` or `skip`. */
  method?: pulumi.Input<string>;
  /** How guests get their IPv6 address: `static`, `auto`, `dhcp`, `disable` or `skip`. */
  ip6Method?: pulumi.Input<string>;
  /** Drop packets with other source addresses than the VM's own. */
  filterIpSpoofing?: pulumi.Input<boolean>;
  /** Drop packets with other MACs than the VM's own. */
  filterMacSpoofing?: pulumi.Input<boolean>;
  /** Security groups of every NIC in the network. Names or ids, in any order. */
  securityGroups?: pulumi.Input<pulumi.Input<string>[]>;
  /** Limits of each NIC in the network. */
  qos?: pulumi.Input<types.NetworkQosArgs>;
  /** Ranges that each network gets. */
  addressRanges?: pulumi.Input<pulumi.Input<types.VnTemplateRangeArgs>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A template from which users make virtual networks. */
export class VnTemplate extends pulumi.CustomResource {
  /** Name of the template. */
  declare readonly name: pulumi.Output<string>;
  /** For people. */
  declare readonly description: pulumi.Output<string | undefined>;
  /**
   * Driver: `bridge`, `fw`, `ebtables`, `802.1Q`, `vxlan`, `ovswitch`, `ovswitch_vxlan`, `elastic` or one of
   * your own.
   */
  declare readonly vnMad: pulumi.Output<string>;
  /** Bridge on the hosts; oned chooses a name if it is left out. */
  declare readonly bridge: pulumi.Output<string | undefined>;
  /** NIC of the hosts that carries the traffic. */
  declare readonly physicalDevice: pulumi.Output<string | undefined>;
  /** VLAN or VXLAN number. */
  declare readonly vlanId: pulumi.Output<number | undefined>;
  /** oned chooses the VLAN or VXLAN number. */
  declare readonly automaticVlanId: pulumi.Output<boolean | undefined>;
  /** MTU of the devices on the hosts. */
  declare readonly mtu: pulumi.Output<number | undefined>;
  /** MTU that guests are told. */
  declare readonly guestMtu: pulumi.Output<number | undefined>;
  /** Base address. */
  declare readonly networkAddress: pulumi.Output<string | undefined>;
  /** IPv4 mask. */
  declare readonly networkMask: pulumi.Output<string | undefined>;
  /** IPv4 gateway. */
  declare readonly gateway: pulumi.Output<string | undefined>;
  /** IPv6 gateway. */
  declare readonly gateway6: pulumi.Output<string | undefined>;
  /** Name servers. */
  declare readonly dns: pulumi.Output<string[] | undefined>;
  /** DNS search domain. */
  declare readonly searchDomain: pulumi.Output<string | undefined>;
  /** How guests get their IPv4 address: `static`, `dhcp` or `skip`. */
  declare readonly method: pulumi.Output<string | undefined>;
  /** How guests get their IPv6 address: `static`, `auto`, `dhcp`, `disable` or `skip`. */
  declare readonly ip6Method: pulumi.Output<string | undefined>;
  /** Drop packets with other source addresses than the VM's own. */
  declare readonly filterIpSpoofing: pulumi.Output<boolean | undefined>;
  /** Drop packets with other MACs than the VM's own. */
  declare readonly filterMacSpoofing: pulumi.Output<boolean | undefined>;
  /** Security groups of every NIC in the network. Names or ids, in any order. */
  declare readonly securityGroups: pulumi.Output<string[] | undefined>;
  /** Limits of each NIC in the network. */
  declare readonly qos: pulumi.Output<types.NetworkQos | undefined>;
  /** Ranges that each network gets. */
  declare readonly addressRanges: pulumi.Output<types.VnTemplateRange[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the template. */
  declare readonly templateId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: VnTemplateArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      description: args.description,
      vnMad: args.vnMad,
      bridge: args.bridge,
      physicalDevice: args.physicalDevice,
      vlanId: args.vlanId,
      automaticVlanId: args.automaticVlanId,
      mtu: args.mtu,
      guestMtu: args.guestMtu,
      networkAddress: args.networkAddress,
      networkMask: args.networkMask,
      gateway: args.gateway,
      gateway6: args.gateway6,
      dns: args.dns,
      searchDomain: args.searchDomain,
      method: args.method,
      ip6Method: args.ip6Method,
      filterIpSpoofing: args.filterIpSpoofing,
      filterMacSpoofing: args.filterMacSpoofing,
      securityGroups: args.securityGroups,
      qos: args.qos,
      addressRanges: args.addressRanges,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      templateId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("VnTemplate"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A VnTemplate that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onevntemplate list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): VnTemplate {
    return new VnTemplate(name, {} as VnTemplateArgs, { ...opts, id });
  }
}

/** Arguments of {@link SecurityGroup}. */
export interface SecurityGroupArgs {
  /** Name of the group. Unique for its owner. */
  name: pulumi.Input<string>;
  /** For people. */
  description?: pulumi.Input<string>;
  /** What is let through, in any order; nothing else is. */
  rules: pulumi.Input<pulumi.Input<types.SecurityGroupRuleArgs>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** Rules for traffic of VMs' NICs. oned brings changed rules to running VMs by itself. */
export class SecurityGroup extends pulumi.CustomResource {
  /** Name of the group. Unique for its owner. */
  declare readonly name: pulumi.Output<string>;
  /** For people. */
  declare readonly description: pulumi.Output<string | undefined>;
  /** What is let through, in any order; nothing else is. */
  declare readonly rules: pulumi.Output<types.SecurityGroupRule[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the group. */
  declare readonly securityGroupId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: SecurityGroupArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      description: args.description,
      rules: args.rules,
      attributes: args.attributes,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      securityGroupId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("SecurityGroup"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A SecurityGroup that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onesecgroup list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): SecurityGroup {
    return new SecurityGroup(name, {} as SecurityGroupArgs, { ...opts, id });
  }
}

/** Arguments of {@link Image}. */
export interface ImageArgs {
  /** Name of the image. Unique for its owner. */
  name: pulumi.Input<string>;
  /** Name or id of the datastore. A change replaces the object. */
  datastore: pulumi.Input<string>;
  /**
   * What it is for.
   * @default "OS"
   */
  type?: pulumi.Input<types.ImageType>;
  /** For people. */
  description?: pulumi.Input<string>;
  /** Path on the front-end, inside the datastore's safe directories, or URL. A change replaces the object. */
  path?: pulumi.Input<string>;
  /** Name or id of the marketplace app that the image is made from. A change replaces the object. */
  marketplaceApp?: pulumi.Input<string>;
  /** MiB of an empty data block. A change replaces the object. */
  size?: pulumi.Input<number>;
  /** Format of the disk, e.g. `qcow2` or `raw`. A change replaces the object. */
  format?: pulumi.Input<string>;
  /** File system that an empty data block gets. A change replaces the object. */
  fileSystem?: pulumi.Input<string>;
  /**
   * VMs write into the image itself, so that one VM at a time can use it.
   * @default false
   */
  persistent?: pulumi.Input<boolean>;
  /** False: no new VM can use it. Left out: as oned has it. */
  enabled?: pulumi.Input<boolean>;
  /** `vd`, `sd` or `hd`. */
  devicePrefix?: pulumi.Input<string>;
  /** Device name in the guest. */
  target?: pulumi.Input<string>;
  /** Format that the hypervisor is told. */
  driver?: pulumi.Input<string>;
  /** MD5 sum that the source must have. A change replaces the object. */
  md5?: pulumi.Input<string>;
  /** SHA-1 sum that the source must have. A change replaces the object. */
  sha1?: pulumi.Input<string>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/**
 * An image: from a path or URL that the front-end reads, an empty data block, or an app of a marketplace.
 * Creation waits until the image is ready. oned takes no uploads: a file of your own has to lie on the front-end
 * or be served over HTTP.
 */
export class Image extends pulumi.CustomResource {
  /** Name of the image. Unique for its owner. */
  declare readonly name: pulumi.Output<string>;
  /** Name or id of the datastore. */
  declare readonly datastore: pulumi.Output<string>;
  /** What it is for. */
  declare readonly type: pulumi.Output<types.ImageType>;
  /** For people. */
  declare readonly description: pulumi.Output<string | undefined>;
  /** Path on the front-end, inside the datastore's safe directories, or URL. */
  declare readonly path: pulumi.Output<string | undefined>;
  /** Name or id of the marketplace app that the image is made from. */
  declare readonly marketplaceApp: pulumi.Output<string | undefined>;
  /** MiB of an empty data block. */
  declare readonly size: pulumi.Output<number | undefined>;
  /** Format of the disk, e.g. `qcow2` or `raw`. */
  declare readonly format: pulumi.Output<string | undefined>;
  /** File system that an empty data block gets. */
  declare readonly fileSystem: pulumi.Output<string | undefined>;
  /** VMs write into the image itself, so that one VM at a time can use it. */
  declare readonly persistent: pulumi.Output<boolean>;
  /** False: no new VM can use it. Left out: as oned has it. */
  declare readonly enabled: pulumi.Output<boolean | undefined>;
  /** `vd`, `sd` or `hd`. */
  declare readonly devicePrefix: pulumi.Output<string | undefined>;
  /** Device name in the guest. */
  declare readonly target: pulumi.Output<string | undefined>;
  /** Format that the hypervisor is told. */
  declare readonly driver: pulumi.Output<string | undefined>;
  /** MD5 sum that the source must have. */
  declare readonly md5: pulumi.Output<string | undefined>;
  /** SHA-1 sum that the source must have. */
  declare readonly sha1: pulumi.Output<string | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the image. */
  declare readonly imageId: pulumi.Output<number>;
  /** Number of the datastore. */
  declare readonly datastoreId: pulumi.Output<number>;
  /** Where the datastore keeps it. */
  declare readonly source: pulumi.Output<string | undefined>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: ImageArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      datastore: args.datastore,
      type: args.type,
      description: args.description,
      path: args.path,
      marketplaceApp: args.marketplaceApp,
      size: args.size,
      format: args.format,
      fileSystem: args.fileSystem,
      persistent: args.persistent,
      enabled: args.enabled,
      devicePrefix: args.devicePrefix,
      target: args.target,
      driver: args.driver,
      md5: args.md5,
      sha1: args.sha1,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      imageId: undefined,
      datastoreId: undefined,
      source: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Image"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Image that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `oneimage list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Image {
    return new Image(name, {} as ImageArgs, { ...opts, id });
  }
}

/** Arguments of {@link MarketplaceAppExport}. */
export interface MarketplaceAppExportArgs {
  /** Name of the image. */
  name: pulumi.Input<string>;
  /** Name or id of the app. A change replaces the object. */
  app: pulumi.Input<string>;
  /** Name or id of the datastore. A change replaces the object. */
  datastore: pulumi.Input<string>;
  /** Name of the VM template; the image's if it is left out. A change replaces the object. */
  templateName?: pulumi.Input<string>;
}

/**
 * A marketplace app brought into a datastore: its image and, if the app has one, its VM template, as
 * `onemarketapp export` makes them. Deleting it deletes both.
 */
export class MarketplaceAppExport extends pulumi.CustomResource {
  /** Name of the image. */
  declare readonly name: pulumi.Output<string>;
  /** Name or id of the app. */
  declare readonly app: pulumi.Output<string>;
  /** Name or id of the datastore. */
  declare readonly datastore: pulumi.Output<string>;
  /** Name of the VM template; the image's if it is left out. */
  declare readonly templateName: pulumi.Output<string | undefined>;
  /** Number of the image. */
  declare readonly imageId: pulumi.Output<number>;
  /** Number of the VM template, if the app has one. */
  declare readonly templateId: pulumi.Output<number | undefined>;
  /** Number of the datastore. */
  declare readonly datastoreId: pulumi.Output<number>;

  constructor(name: string, args: MarketplaceAppExportArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      app: args.app,
      datastore: args.datastore,
      templateName: args.templateName,
      imageId: undefined,
      templateId: undefined,
      datastoreId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("MarketplaceAppExport"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A MarketplaceAppExport that is there already, as it is; nothing is changed.
   *
   * @param id - `<image>:<template>`, or the image's number alone if there is no template.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): MarketplaceAppExport {
    return new MarketplaceAppExport(name, {} as MarketplaceAppExportArgs, { ...opts, id });
  }
}

/** Arguments of {@link VmTemplate}. */
export interface VmTemplateArgs {
  /** Name of the template. */
  name: pulumi.Input<string>;
  /** For people. */
  description?: pulumi.Input<string>;
  /** `kvm`, `qemu`, `lxc` or another that the hosts have. */
  hypervisor?: pulumi.Input<string>;
  /** Share of physical CPUs, e.g. 0.5. */
  cpu?: pulumi.Input<number>;
  /** Virtual CPUs. */
  vcpu?: pulumi.Input<number>;
  /** MiB of memory. */
  memory?: pulumi.Input<number>;
  /** Disks of each VM. */
  disks?: pulumi.Input<pulumi.Input<types.VmTemplateDiskArgs>[]>;
  /** Network interfaces of each VM. */
  nics?: pulumi.Input<pulumi.Input<types.VmTemplateNicArgs>[]>;
  /** What the guest is told when it starts (`CONTEXT`), e.g. `NETWORK`, `SSH_PUBLIC_KEY`. */
  context?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Boot and machine type (`OS`), e.g. `ARCH`, `BOOT`, `FIRMWARE`. */
  os?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Remote console (`GRAPHICS`), e.g. `TYPE`, `LISTEN`. */
  graphics?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Features of the machine (`FEATURES`), e.g. `ACPI`, `GUEST_AGENT`. */
  features?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** CPU model (`CPU_MODEL`), e.g. `MODEL`. */
  cpuModel?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Questions that are asked when a VM is made (`USER_INPUTS`). */
  userInputs?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Which hosts may run the VMs. */
  schedRequirements?: pulumi.Input<string>;
  /** Which of these hosts are better. */
  schedRank?: pulumi.Input<string>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A template of VMs. Deleting it leaves its images and VMs alone. */
export class VmTemplate extends pulumi.CustomResource {
  /** Name of the template. */
  declare readonly name: pulumi.Output<string>;
  /** For people. */
  declare readonly description: pulumi.Output<string | undefined>;
  /** `kvm`, `qemu`, `lxc` or another that the hosts have. */
  declare readonly hypervisor: pulumi.Output<string | undefined>;
  /** Share of physical CPUs, e.g. 0.5. */
  declare readonly cpu: pulumi.Output<number | undefined>;
  /** Virtual CPUs. */
  declare readonly vcpu: pulumi.Output<number | undefined>;
  /** MiB of memory. */
  declare readonly memory: pulumi.Output<number | undefined>;
  /** Disks of each VM. */
  declare readonly disks: pulumi.Output<types.VmTemplateDisk[] | undefined>;
  /** Network interfaces of each VM. */
  declare readonly nics: pulumi.Output<types.VmTemplateNic[] | undefined>;
  /** What the guest is told when it starts (`CONTEXT`), e.g. `NETWORK`, `SSH_PUBLIC_KEY`. */
  declare readonly context: pulumi.Output<Record<string, string> | undefined>;
  /** Boot and machine type (`OS`), e.g. `ARCH`, `BOOT`, `FIRMWARE`. */
  declare readonly os: pulumi.Output<Record<string, string> | undefined>;
  /** Remote console (`GRAPHICS`), e.g. `TYPE`, `LISTEN`. */
  declare readonly graphics: pulumi.Output<Record<string, string> | undefined>;
  /** Features of the machine (`FEATURES`), e.g. `ACPI`, `GUEST_AGENT`. */
  declare readonly features: pulumi.Output<Record<string, string> | undefined>;
  /** CPU model (`CPU_MODEL`), e.g. `MODEL`. */
  declare readonly cpuModel: pulumi.Output<Record<string, string> | undefined>;
  /** Questions that are asked when a VM is made (`USER_INPUTS`). */
  declare readonly userInputs: pulumi.Output<Record<string, string> | undefined>;
  /** Which hosts may run the VMs. */
  declare readonly schedRequirements: pulumi.Output<string | undefined>;
  /** Which of these hosts are better. */
  declare readonly schedRank: pulumi.Output<string | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the template. */
  declare readonly templateId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: VmTemplateArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      description: args.description,
      hypervisor: args.hypervisor,
      cpu: args.cpu,
      vcpu: args.vcpu,
      memory: args.memory,
      disks: args.disks,
      nics: args.nics,
      context: args.context,
      os: args.os,
      graphics: args.graphics,
      features: args.features,
      cpuModel: args.cpuModel,
      userInputs: args.userInputs,
      schedRequirements: args.schedRequirements,
      schedRank: args.schedRank,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      templateId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("VmTemplate"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A VmTemplate that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onetemplate list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): VmTemplate {
    return new VmTemplate(name, {} as VmTemplateArgs, { ...opts, id });
  }
}

/** Arguments of {@link VirtualMachine}. */
export interface VirtualMachineArgs {
  /** Name of the VM. */
  name: pulumi.Input<string>;
  /** Name or id of the VM template that it is made from. A change replaces the object. */
  template?: pulumi.Input<string>;
  /** Copy the template and its images, so that the VM keeps what it writes. A change replaces the object. */
  persistent?: pulumi.Input<boolean>;
  /**
   * What the VM does.
   * @default "running"
   */
  powerState?: pulumi.Input<types.VmPowerState>;
  /**
   * Power the VM off and on again for changes that oned cannot make while it runs; otherwise they are refused.
   * @default false
   */
  allowPowerOff?: pulumi.Input<boolean>;
  /** Share of physical CPUs, e.g. 0.5. */
  cpu?: pulumi.Input<number>;
  /** Virtual CPUs. */
  vcpu?: pulumi.Input<number>;
  /** MiB of memory. */
  memory?: pulumi.Input<number>;
  /** Disks, in any order. Left out: those of the template. */
  disks?: pulumi.Input<pulumi.Input<types.VmDiskArgs>[]>;
  /** Network interfaces, in any order. Left out: those of the template. */
  nics?: pulumi.Input<pulumi.Input<types.VmNicArgs>[]>;
  /** What the guest is told when it starts (`CONTEXT`), e.g. `NETWORK`, `SSH_PUBLIC_KEY`. */
  context?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Boot and machine type (`OS`), e.g. `ARCH`, `BOOT`, `FIRMWARE`. */
  os?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Remote console (`GRAPHICS`), e.g. `TYPE`, `LISTEN`. */
  graphics?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Features of the machine (`FEATURES`), e.g. `ACPI`, `GUEST_AGENT`. */
  features?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** CPU model (`CPU_MODEL`), e.g. `MODEL`. */
  cpuModel?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Actions at set times, e.g. a policy of snapshots. */
  scheduledActions?: pulumi.Input<pulumi.Input<types.VmScheduledActionArgs>[]>;
  /** Name or id of the host that it starts on; left out: the scheduler chooses. A change replaces the object. */
  host?: pulumi.Input<string>;
  /** Place in a VM group. A change replaces the object. */
  vmGroup?: pulumi.Input<types.VmGroupMembershipArgs>;
  /** Which hosts may run it. */
  schedRequirements?: pulumi.Input<string>;
  /** Which of these hosts are better. */
  schedRank?: pulumi.Input<string>;
  /** For people. */
  description?: pulumi.Input<string>;
  /**
   * Further attributes of the VM's user template, by their names in OpenNebula: a text, a map of texts (a
   * vector), or a list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/**
 * A virtual machine, made from a template or from its own properties. What oned can change while the VM runs is
 * changed so; nothing is detached unless its entry goes. Deletion shuts the guest down and, if it does not end
 * within a minute, ends it hard.
 */
export class VirtualMachine extends pulumi.CustomResource {
  /** Name of the VM. */
  declare readonly name: pulumi.Output<string>;
  /** Name or id of the VM template that it is made from. */
  declare readonly template: pulumi.Output<string | undefined>;
  /** Copy the template and its images, so that the VM keeps what it writes. */
  declare readonly persistent: pulumi.Output<boolean | undefined>;
  /** What the VM does. */
  declare readonly powerState: pulumi.Output<types.VmPowerState>;
  /** Power the VM off and on again for changes that oned cannot make while it runs; otherwise they are refused. */
  declare readonly allowPowerOff: pulumi.Output<boolean>;
  /** Share of physical CPUs, e.g. 0.5. */
  declare readonly cpu: pulumi.Output<number | undefined>;
  /** Virtual CPUs. */
  declare readonly vcpu: pulumi.Output<number | undefined>;
  /** MiB of memory. */
  declare readonly memory: pulumi.Output<number | undefined>;
  /** Disks, in any order. Left out: those of the template. */
  declare readonly disks: pulumi.Output<types.VmDisk[] | undefined>;
  /** Network interfaces, in any order. Left out: those of the template. */
  declare readonly nics: pulumi.Output<types.VmNic[] | undefined>;
  /** What the guest is told when it starts (`CONTEXT`), e.g. `NETWORK`, `SSH_PUBLIC_KEY`. */
  declare readonly context: pulumi.Output<Record<string, string> | undefined>;
  /** Boot and machine type (`OS`), e.g. `ARCH`, `BOOT`, `FIRMWARE`. */
  declare readonly os: pulumi.Output<Record<string, string> | undefined>;
  /** Remote console (`GRAPHICS`), e.g. `TYPE`, `LISTEN`. */
  declare readonly graphics: pulumi.Output<Record<string, string> | undefined>;
  /** Features of the machine (`FEATURES`), e.g. `ACPI`, `GUEST_AGENT`. */
  declare readonly features: pulumi.Output<Record<string, string> | undefined>;
  /** CPU model (`CPU_MODEL`), e.g. `MODEL`. */
  declare readonly cpuModel: pulumi.Output<Record<string, string> | undefined>;
  /** Actions at set times, e.g. a policy of snapshots. */
  declare readonly scheduledActions: pulumi.Output<types.VmScheduledAction[] | undefined>;
  /** Name or id of the host that it starts on; left out: the scheduler chooses. */
  declare readonly host: pulumi.Output<string | undefined>;
  /** Place in a VM group. */
  declare readonly vmGroup: pulumi.Output<types.VmGroupMembership | undefined>;
  /** Which hosts may run it. */
  declare readonly schedRequirements: pulumi.Output<string | undefined>;
  /** Which of these hosts are better. */
  declare readonly schedRank: pulumi.Output<string | undefined>;
  /** For people. */
  declare readonly description: pulumi.Output<string | undefined>;
  /**
   * Further attributes of the VM's user template, by their names in OpenNebula: a text, a map of texts (a
   * vector), or a list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the VM. */
  declare readonly vmId: pulumi.Output<number>;
  /** Number of the template, if it was made from one. */
  declare readonly templateId: pulumi.Output<number | undefined>;
  /** Host that it is or was on. */
  declare readonly hostName: pulumi.Output<string | undefined>;
  /** Address of each interface by its name. */
  declare readonly addresses: pulumi.Output<Record<string, string> | undefined>;
  /** MAC of each interface by its name. */
  declare readonly macs: pulumi.Output<Record<string, string> | undefined>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: VirtualMachineArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      template: args.template,
      persistent: args.persistent,
      powerState: args.powerState,
      allowPowerOff: args.allowPowerOff,
      cpu: args.cpu,
      vcpu: args.vcpu,
      memory: args.memory,
      disks: args.disks,
      nics: args.nics,
      context: args.context,
      os: args.os,
      graphics: args.graphics,
      features: args.features,
      cpuModel: args.cpuModel,
      scheduledActions: args.scheduledActions,
      host: args.host,
      vmGroup: args.vmGroup,
      schedRequirements: args.schedRequirements,
      schedRank: args.schedRank,
      description: args.description,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      vmId: undefined,
      templateId: undefined,
      hostName: undefined,
      addresses: undefined,
      macs: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("VirtualMachine"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A VirtualMachine that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onevm list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): VirtualMachine {
    return new VirtualMachine(name, {} as VirtualMachineArgs, { ...opts, id });
  }
}

/** Arguments of {@link VmGroup}. */
export interface VmGroupArgs {
  /** Name of the group. */
  name: pulumi.Input<string>;
  /** Roles that VMs may have, in any order. */
  roles: pulumi.Input<pulumi.Input<types.VmGroupRoleArgs>[]>;
  /** Roles that share hosts. Each member names roles, separated by commas. */
  affined?: pulumi.Input<pulumi.Input<string>[]>;
  /** Roles that keep apart. Each member names roles, separated by commas. */
  antiAffined?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** Roles of VMs, and which of them are to share hosts or to keep apart. */
export class VmGroup extends pulumi.CustomResource {
  /** Name of the group. */
  declare readonly name: pulumi.Output<string>;
  /** Roles that VMs may have, in any order. */
  declare readonly roles: pulumi.Output<types.VmGroupRole[]>;
  /** Roles that share hosts. Each member names roles, separated by commas. */
  declare readonly affined: pulumi.Output<string[] | undefined>;
  /** Roles that keep apart. Each member names roles, separated by commas. */
  declare readonly antiAffined: pulumi.Output<string[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the group. */
  declare readonly vmGroupId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: VmGroupArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      roles: args.roles,
      affined: args.affined,
      antiAffined: args.antiAffined,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      vmGroupId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("VmGroup"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A VmGroup that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onevmgroup list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): VmGroup {
    return new VmGroup(name, {} as VmGroupArgs, { ...opts, id });
  }
}

/** Arguments of {@link VirtualRouter}. */
export interface VirtualRouterArgs {
  /** Name of the router. */
  name: pulumi.Input<string>;
  /** For people. */
  description?: pulumi.Input<string>;
  /**
   * Name or id of the VM template (a virtual router's) of its instances; without one none is made. A change
   * replaces the object.
   */
  template?: pulumi.Input<string>;
  /**
   * Number of VMs; two make it highly available. A change replaces the object.
   * @default 1
   */
  instances?: pulumi.Input<number>;
  /** Number of the VRRP group. */
  keepalivedId?: pulumi.Input<number>;
  /** Password of the VRRP group. Secret. */
  keepalivedPassword?: pulumi.Input<string>;
  /** Interfaces, one a network, in any order. */
  nics?: pulumi.Input<pulumi.Input<types.VirtualRouterNicArgs>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A router between virtual networks, run by one or more VMs. Deleting it ends them. */
export class VirtualRouter extends pulumi.CustomResource {
  /** Name of the router. */
  declare readonly name: pulumi.Output<string>;
  /** For people. */
  declare readonly description: pulumi.Output<string | undefined>;
  /** Name or id of the VM template (a virtual router's) of its instances; without one none is made. */
  declare readonly template: pulumi.Output<string | undefined>;
  /** Number of VMs; two make it highly available. */
  declare readonly instances: pulumi.Output<number>;
  /** Number of the VRRP group. */
  declare readonly keepalivedId: pulumi.Output<number | undefined>;
  /** Password of the VRRP group. */
  declare readonly keepalivedPassword: pulumi.Output<string | undefined>;
  /** Interfaces, one a network, in any order. */
  declare readonly nics: pulumi.Output<types.VirtualRouterNic[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the router. */
  declare readonly virtualRouterId: pulumi.Output<number>;
  /** Floating address by the number of its network. */
  declare readonly floatingIps: pulumi.Output<Record<string, string> | undefined>;
  /** Numbers of its VMs. */
  declare readonly vmIds: pulumi.Output<string[] | undefined>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: VirtualRouterArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      description: args.description,
      template: args.template,
      instances: args.instances,
      keepalivedId: args.keepalivedId,
      nics: args.nics,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      keepalivedPassword: args.keepalivedPassword === undefined ? undefined : pulumi.secret(args.keepalivedPassword),
      virtualRouterId: undefined,
      floatingIps: undefined,
      vmIds: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION, additionalSecretOutputs: ["keepalivedPassword"] };
    super(token("VirtualRouter"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A VirtualRouter that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onevrouter list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): VirtualRouter {
    return new VirtualRouter(name, {} as VirtualRouterArgs, { ...opts, id });
  }
}

/** Arguments of {@link Group}. */
export interface GroupArgs {
  /** Name of the group. Unique. A change replaces the object. */
  name: pulumi.Input<string>;
  /**
   * Let the group's users create VMs, images, templates, documents, security groups, virtual routers, VM groups
   * and backup jobs, as `onegroup create` does. oned itself gives a new group no rights at all.
   * @default true
   */
  defaultAcls?: pulumi.Input<boolean>;
  /**
   * Leave the group in OpenNebula's default VDC, where oned puts every new group: it gives the use of all hosts,
   * datastores and networks.
   * @default true
   */
  defaultVdc?: pulumi.Input<boolean>;
  /** Users who administrate the group; left out: as oned has it. Names or ids, in any order. */
  admins?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
}

/** A group of users. Deleted only when it has no users. */
export class Group extends pulumi.CustomResource {
  /** Name of the group. Unique. */
  declare readonly name: pulumi.Output<string>;
  /**
   * Let the group's users create VMs, images, templates, documents, security groups, virtual routers, VM groups
   * and backup jobs, as `onegroup create` does. oned itself gives a new group no rights at all.
   */
  declare readonly defaultAcls: pulumi.Output<boolean>;
  /**
   * Leave the group in OpenNebula's default VDC, where oned puts every new group: it gives the use of all hosts,
   * datastores and networks.
   */
  declare readonly defaultVdc: pulumi.Output<boolean>;
  /** Users who administrate the group; left out: as oned has it. Names or ids, in any order. */
  declare readonly admins: pulumi.Output<string[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** oned's number of the group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: GroupArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      defaultAcls: args.defaultAcls,
      defaultVdc: args.defaultVdc,
      admins: args.admins,
      attributes: args.attributes,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Group"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Group that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onegroup list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Group {
    return new Group(name, {} as GroupArgs, { ...opts, id });
  }
}

/** Arguments of {@link User}. */
export interface UserArgs {
  /** Login name. Unique. A change replaces the object. */
  name: pulumi.Input<string>;
  /**
   * Password of the driver `core`; what other drivers need (a subject, a key) otherwise. oned never shows it.
   * Secret.
   */
  password?: pulumi.Input<string>;
  /**
   * How the user logs in: `core`, `public`, `ssh`, `x509`, `ldap`, `server_cipher`, `server_x509` or one of your
   * own.
   * @default "core"
   */
  authDriver?: pulumi.Input<string>;
  /** Name or id of the primary group; left out: as oned has it, for new users `users`. */
  primaryGroup?: pulumi.Input<string>;
  /** Further groups of the user; left out: as oned has it. Names or ids, in any order. */
  groups?: pulumi.Input<pulumi.Input<string>[]>;
  /** False: the user cannot log in. Left out: as oned has it. */
  enabled?: pulumi.Input<boolean>;
  /** Public keys, one a line, that VMs of the user let in. */
  sshPublicKey?: pulumi.Input<string>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
}

/** A user. A new password is set in place. */
export class User extends pulumi.CustomResource {
  /** Login name. Unique. */
  declare readonly name: pulumi.Output<string>;
  /** Password of the driver `core`; what other drivers need (a subject, a key) otherwise. oned never shows it. */
  declare readonly password: pulumi.Output<string | undefined>;
  /**
   * How the user logs in: `core`, `public`, `ssh`, `x509`, `ldap`, `server_cipher`, `server_x509` or one of your
   * own.
   */
  declare readonly authDriver: pulumi.Output<string>;
  /** Name or id of the primary group; left out: as oned has it, for new users `users`. */
  declare readonly primaryGroup: pulumi.Output<string | undefined>;
  /** Further groups of the user; left out: as oned has it. Names or ids, in any order. */
  declare readonly groups: pulumi.Output<string[] | undefined>;
  /** False: the user cannot log in. Left out: as oned has it. */
  declare readonly enabled: pulumi.Output<boolean | undefined>;
  /** Public keys, one a line, that VMs of the user let in. */
  declare readonly sshPublicKey: pulumi.Output<string | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** oned's number of the user. */
  declare readonly userId: pulumi.Output<number>;
  /** Number of the primary group. */
  declare readonly primaryGroupId: pulumi.Output<number>;

  constructor(name: string, args: UserArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      authDriver: args.authDriver,
      primaryGroup: args.primaryGroup,
      groups: args.groups,
      enabled: args.enabled,
      sshPublicKey: args.sshPublicKey,
      attributes: args.attributes,
      password: args.password === undefined ? undefined : pulumi.secret(args.password),
      userId: undefined,
      primaryGroupId: undefined,
    };
    const options = { version: PROVIDER_VERSION, additionalSecretOutputs: ["password"] };
    super(token("User"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A User that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `oneuser list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): User {
    return new User(name, {} as UserArgs, { ...opts, id });
  }
}

/** Arguments of {@link Acl}. */
export interface AclArgs {
  /**
   * The rule as `oneacl` takes it: `@100 VM+NET/* CREATE *` (who, resources, rights, zone). A change replaces
   * the object.
   */
  rule: pulumi.Input<string>;
}

/** An access rule. oned keeps each rule once: one that is there already is taken over. */
export class Acl extends pulumi.CustomResource {
  /** The rule as `oneacl` takes it: `@100 VM+NET/* CREATE *` (who, resources, rights, zone). */
  declare readonly rule: pulumi.Output<string>;
  /** oned's number of the rule. */
  declare readonly aclId: pulumi.Output<number>;

  constructor(name: string, args: AclArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      rule: args.rule,
      aclId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Acl"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Acl that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `oneacl list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Acl {
    return new Acl(name, {} as AclArgs, { ...opts, id });
  }
}

/** Arguments of {@link Quota}. */
export interface QuotaArgs {
  /** Name or id of the user; or `group`. A change replaces the object. */
  user?: pulumi.Input<string>;
  /** Name or id of the group; or `user`. A change replaces the object. */
  group?: pulumi.Input<string>;
  /** Limits for all VMs together. */
  vm?: pulumi.Input<types.QuotaVmArgs>;
  /** Limits by cluster; others are left alone. */
  clusters?: pulumi.Input<pulumi.Input<types.QuotaClusterArgs>[]>;
  /** Limits by datastore; others are left alone. */
  datastores?: pulumi.Input<pulumi.Input<types.QuotaDatastoreArgs>[]>;
  /** Limits by network; others are left alone. */
  networks?: pulumi.Input<pulumi.Input<types.QuotaNetworkArgs>[]>;
  /** Limits by image; others are left alone. */
  images?: pulumi.Input<pulumi.Input<types.QuotaImageArgs>[]>;
}

/**
 * Limits of one user or one group. Only what is given is touched; deleting the resource gives that back to the
 * cloud's defaults.
 */
export class Quota extends pulumi.CustomResource {
  /** Name or id of the user; or `group`. */
  declare readonly user: pulumi.Output<string | undefined>;
  /** Name or id of the group; or `user`. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Limits for all VMs together. */
  declare readonly vm: pulumi.Output<types.QuotaVm | undefined>;
  /** Limits by cluster; others are left alone. */
  declare readonly clusters: pulumi.Output<types.QuotaCluster[] | undefined>;
  /** Limits by datastore; others are left alone. */
  declare readonly datastores: pulumi.Output<types.QuotaDatastore[] | undefined>;
  /** Limits by network; others are left alone. */
  declare readonly networks: pulumi.Output<types.QuotaNetwork[] | undefined>;
  /** Limits by image; others are left alone. */
  declare readonly images: pulumi.Output<types.QuotaImage[] | undefined>;
  /** Number of the user, if the limits are a user's. */
  declare readonly userId: pulumi.Output<number | undefined>;
  /** Number of the group, if the limits are a group's. */
  declare readonly groupId: pulumi.Output<number | undefined>;

  constructor(name: string, args: QuotaArgs = {}, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      user: args.user,
      group: args.group,
      vm: args.vm,
      clusters: args.clusters,
      datastores: args.datastores,
      networks: args.networks,
      images: args.images,
      userId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Quota"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Quota that is there already, as it is; nothing is changed.
   *
   * @param id - `user:<id>` or `group:<id>`.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Quota {
    return new Quota(name, {} as QuotaArgs, { ...opts, id });
  }
}

/** Arguments of {@link Vdc}. */
export interface VdcArgs {
  /** Name of the VDC. Unique. */
  name: pulumi.Input<string>;
  /** Groups that may use the resources. Names or ids, in any order. */
  groups?: pulumi.Input<pulumi.Input<string>[]>;
  /** The VDC's clusters; `ALL` stands for all of them. Names or ids, in any order. */
  clusters?: pulumi.Input<pulumi.Input<string>[]>;
  /** The VDC's hosts; `ALL` stands for all of them. Names or ids, in any order. */
  hosts?: pulumi.Input<pulumi.Input<string>[]>;
  /** The VDC's datastores; `ALL` stands for all of them. Names or ids, in any order. */
  datastores?: pulumi.Input<pulumi.Input<string>[]>;
  /** The VDC's networks; `ALL` stands for all of them. Names or ids, in any order. */
  networks?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
}

/** A virtual data centre: which groups may use which clusters, hosts, datastores and networks of this zone. */
export class Vdc extends pulumi.CustomResource {
  /** Name of the VDC. Unique. */
  declare readonly name: pulumi.Output<string>;
  /** Groups that may use the resources. Names or ids, in any order. */
  declare readonly groups: pulumi.Output<string[] | undefined>;
  /** The VDC's clusters; `ALL` stands for all of them. Names or ids, in any order. */
  declare readonly clusters: pulumi.Output<string[] | undefined>;
  /** The VDC's hosts; `ALL` stands for all of them. Names or ids, in any order. */
  declare readonly hosts: pulumi.Output<string[] | undefined>;
  /** The VDC's datastores; `ALL` stands for all of them. Names or ids, in any order. */
  declare readonly datastores: pulumi.Output<string[] | undefined>;
  /** The VDC's networks; `ALL` stands for all of them. Names or ids, in any order. */
  declare readonly networks: pulumi.Output<string[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /** oned's number of the VDC. */
  declare readonly vdcId: pulumi.Output<number>;

  constructor(name: string, args: VdcArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      groups: args.groups,
      clusters: args.clusters,
      hosts: args.hosts,
      datastores: args.datastores,
      networks: args.networks,
      attributes: args.attributes,
      vdcId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Vdc"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Vdc that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onevdc list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Vdc {
    return new Vdc(name, {} as VdcArgs, { ...opts, id });
  }
}

/** Arguments of {@link Hook}. */
export interface HookArgs {
  /** Name of the hook. Unique. */
  name: pulumi.Input<string>;
  /** What it waits for. A change replaces the object. */
  type: pulumi.Input<types.HookType>;
  /** Path of the program, relative to the remotes' hooks. */
  command: pulumi.Input<string>;
  /** Its arguments; `$TEMPLATE` and `$API` stand for the object and the call. */
  arguments?: pulumi.Input<string>;
  /** Give the arguments on standard input. */
  argumentsOnStdin?: pulumi.Input<boolean>;
  /** Run it on the VM's or host's own host. */
  remote?: pulumi.Input<boolean>;
  /** Seconds after which it is ended. */
  timeout?: pulumi.Input<number>;
  /** Method of the API, e.g. `one.vm.allocate`; of hooks of type `api`. */
  call?: pulumi.Input<string>;
  /** `VM`, `HOST`, `IMAGE` or `NET`; of hooks of type `state`. */
  resource?: pulumi.Input<string>;
  /** State, e.g. `ACTIVE`. */
  state?: pulumi.Input<string>;
  /** Life-cycle state of a VM, e.g. `RUNNING`. */
  lcmState?: pulumi.Input<string>;
  /**
   * State of a VM: `PROLOG`, `RUNNING`, `SHUTDOWN`, `STOP`, `DONE`, `UNKNOWN`, or `CUSTOM` with `state` and
   * `lcmState`. A change replaces the object.
   */
  on?: pulumi.Input<string>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
}

/** A command that oned runs when a call was made or an object came into a state. */
export class Hook extends pulumi.CustomResource {
  /** Name of the hook. Unique. */
  declare readonly name: pulumi.Output<string>;
  /** What it waits for. */
  declare readonly type: pulumi.Output<types.HookType>;
  /** Path of the program, relative to the remotes' hooks. */
  declare readonly command: pulumi.Output<string>;
  /** Its arguments; `$TEMPLATE` and `$API` stand for the object and the call. */
  declare readonly arguments: pulumi.Output<string | undefined>;
  /** Give the arguments on standard input. */
  declare readonly argumentsOnStdin: pulumi.Output<boolean | undefined>;
  /** Run it on the VM's or host's own host. */
  declare readonly remote: pulumi.Output<boolean | undefined>;
  /** Seconds after which it is ended. */
  declare readonly timeout: pulumi.Output<number | undefined>;
  /** Method of the API, e.g. `one.vm.allocate`; of hooks of type `api`. */
  declare readonly call: pulumi.Output<string | undefined>;
  /** `VM`, `HOST`, `IMAGE` or `NET`; of hooks of type `state`. */
  declare readonly resource: pulumi.Output<string | undefined>;
  /** State, e.g. `ACTIVE`. */
  declare readonly state: pulumi.Output<string | undefined>;
  /** Life-cycle state of a VM, e.g. `RUNNING`. */
  declare readonly lcmState: pulumi.Output<string | undefined>;
  /**
   * State of a VM: `PROLOG`, `RUNNING`, `SHUTDOWN`, `STOP`, `DONE`, `UNKNOWN`, or `CUSTOM` with `state` and
   * `lcmState`.
   */
  declare readonly on: pulumi.Output<string | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** oned's number of the hook. */
  declare readonly hookId: pulumi.Output<number>;

  constructor(name: string, args: HookArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      type: args.type,
      command: args.command,
      arguments: args.arguments,
      argumentsOnStdin: args.argumentsOnStdin,
      remote: args.remote,
      timeout: args.timeout,
      call: args.call,
      resource: args.resource,
      state: args.state,
      lcmState: args.lcmState,
      on: args.on,
      attributes: args.attributes,
      lock: args.lock,
      hookId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Hook"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Hook that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onehook list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Hook {
    return new Hook(name, {} as HookArgs, { ...opts, id });
  }
}

/** Arguments of {@link BackupJob}. */
export interface BackupJobArgs {
  /** Name of the job. Unique. */
  name: pulumi.Input<string>;
  /** VMs that are backed up. Names or ids, in any order. */
  vms?: pulumi.Input<pulumi.Input<string>[]>;
  /** Name or id of the backup datastore. */
  datastore?: pulumi.Input<string>;
  /** How backups are made. */
  mode?: pulumi.Input<types.BackupMode>;
  /** Whether VMs are backed up one after the other. */
  execution?: pulumi.Input<types.BackupExecution>;
  /** Backups that are kept; all if it is left out. */
  keepLast?: pulumi.Input<number>;
  /** How the guest's file systems are made still. */
  fsFreeze?: pulumi.Input<types.BackupFreeze>;
  /** Back up volatile disks too. */
  volatileDisks?: pulumi.Input<boolean>;
  /** 0 to 99; higher comes first. */
  priority?: pulumi.Input<number>;
  /** When it runs. */
  schedule?: pulumi.Input<pulumi.Input<types.BackupJobScheduleArgs>[]>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** Backups of several VMs at set times. */
export class BackupJob extends pulumi.CustomResource {
  /** Name of the job. Unique. */
  declare readonly name: pulumi.Output<string>;
  /** VMs that are backed up. Names or ids, in any order. */
  declare readonly vms: pulumi.Output<string[] | undefined>;
  /** Name or id of the backup datastore. */
  declare readonly datastore: pulumi.Output<string | undefined>;
  /** How backups are made. */
  declare readonly mode: pulumi.Output<types.BackupMode | undefined>;
  /** Whether VMs are backed up one after the other. */
  declare readonly execution: pulumi.Output<types.BackupExecution | undefined>;
  /** Backups that are kept; all if it is left out. */
  declare readonly keepLast: pulumi.Output<number | undefined>;
  /** How the guest's file systems are made still. */
  declare readonly fsFreeze: pulumi.Output<types.BackupFreeze | undefined>;
  /** Back up volatile disks too. */
  declare readonly volatileDisks: pulumi.Output<boolean | undefined>;
  /** 0 to 99; higher comes first. */
  declare readonly priority: pulumi.Output<number | undefined>;
  /** When it runs. */
  declare readonly schedule: pulumi.Output<types.BackupJobSchedule[] | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the job. */
  declare readonly backupJobId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: BackupJobArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      vms: args.vms,
      datastore: args.datastore,
      mode: args.mode,
      execution: args.execution,
      keepLast: args.keepLast,
      fsFreeze: args.fsFreeze,
      volatileDisks: args.volatileDisks,
      priority: args.priority,
      schedule: args.schedule,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      backupJobId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("BackupJob"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A BackupJob that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `onebackupjob list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): BackupJob {
    return new BackupJob(name, {} as BackupJobArgs, { ...opts, id });
  }
}

/** Arguments of {@link Document}. */
export interface DocumentArgs {
  /** Name of the document. */
  name: pulumi.Input<string>;
  /** Type: a number of the application's own; 100 to 103 are OpenNebula's. A change replaces the object. */
  type: pulumi.Input<number>;
  /** Any JSON. */
  body?: pulumi.Input<unknown>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  attributes?: pulumi.Input<types.TemplateArgs>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  lock?: pulumi.Input<types.LockLevel>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A document: attributes, and a body of any JSON, of an application's own type. */
export class Document extends pulumi.CustomResource {
  /** Name of the document. */
  declare readonly name: pulumi.Output<string>;
  /** Type: a number of the application's own; 100 to 103 are OpenNebula's. */
  declare readonly type: pulumi.Output<number>;
  /** Any JSON. */
  declare readonly body: pulumi.Output<unknown | undefined>;
  /**
   * Further attributes of the template, by their names in OpenNebula: a text, a map of texts (a vector), or a
   * list of either. Attributes that the program does not name are left alone.
   */
  declare readonly attributes: pulumi.Output<types.Template | undefined>;
  /**
   * Keeps everybody, administrators included, from operations of this level and those above it. Changes by the
   * program open the lock for a moment; what others do, other resources of the program included, is refused.
   */
  declare readonly lock: pulumi.Output<types.LockLevel | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** oned's number of the document. */
  declare readonly documentId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: DocumentArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      type: args.type,
      body: args.body,
      attributes: args.attributes,
      lock: args.lock,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      documentId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Document"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Document that is there already, as it is; nothing is changed.
   *
   * @param id - the number of the document.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Document {
    return new Document(name, {} as DocumentArgs, { ...opts, id });
  }
}

/** Arguments of {@link ServiceTemplate}. */
export interface ServiceTemplateArgs {
  /** Name of the template. */
  name: pulumi.Input<string>;
  /** The template as `oneflow-template create` takes it, without its name: `deployment`, `roles` and so on. */
  body: pulumi.Input<unknown>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A template of multi-VM services, kept by OneFlow. Fields that OneFlow adds are no difference. */
export class ServiceTemplate extends pulumi.CustomResource {
  /** Name of the template. */
  declare readonly name: pulumi.Output<string>;
  /** The template as `oneflow-template create` takes it, without its name: `deployment`, `roles` and so on. */
  declare readonly body: pulumi.Output<unknown>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** Number of the template. */
  declare readonly serviceTemplateId: pulumi.Output<number>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: ServiceTemplateArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      body: args.body,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      serviceTemplateId: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("ServiceTemplate"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A ServiceTemplate that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `oneflow-template list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): ServiceTemplate {
    return new ServiceTemplate(name, {} as ServiceTemplateArgs, { ...opts, id });
  }
}

/** Arguments of {@link Service}. */
export interface ServiceArgs {
  /** Name of the service. */
  name: pulumi.Input<string>;
  /** Name or id of the service template. A change replaces the object. */
  template: pulumi.Input<string>;
  /**
   * Laid over the template as `oneflow-template instantiate` does: values of networks and user inputs, and so
   * on. A change replaces the object.
   */
  extra?: pulumi.Input<unknown>;
  /** Number of VMs by role; roles that are left out stay as the template or OneFlow has them. */
  cardinality?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  permissions?: pulumi.Input<string>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  group?: pulumi.Input<string>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  owner?: pulumi.Input<string>;
}

/** A service of several VMs, made from a service template. Creation waits until it runs; deletion ends its VMs. */
export class Service extends pulumi.CustomResource {
  /** Name of the service. */
  declare readonly name: pulumi.Output<string>;
  /** Name or id of the service template. */
  declare readonly template: pulumi.Output<string>;
  /**
   * Laid over the template as `oneflow-template instantiate` does: values of networks and user inputs, and so
   * on.
   */
  declare readonly extra: pulumi.Output<unknown | undefined>;
  /** Number of VMs by role; roles that are left out stay as the template or OneFlow has them. */
  declare readonly cardinality: pulumi.Output<Record<string, string> | undefined>;
  /** Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it. */
  declare readonly permissions: pulumi.Output<string | undefined>;
  /** Name or id of the group that the object belongs to. Left out: as oned has it. */
  declare readonly group: pulumi.Output<string | undefined>;
  /** Name or id of the user who owns the object. Left out: as oned has it. */
  declare readonly owner: pulumi.Output<string | undefined>;
  /** Number of the service. */
  declare readonly serviceId: pulumi.Output<number>;
  /** State, e.g. `RUNNING`. */
  declare readonly state: pulumi.Output<string | undefined>;
  /** Number of the user who owns the object. */
  declare readonly ownerId: pulumi.Output<number>;
  /** Number of the object's group. */
  declare readonly groupId: pulumi.Output<number>;

  constructor(name: string, args: ServiceArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs: pulumi.Inputs = {
      name: args.name,
      template: args.template,
      extra: args.extra,
      cardinality: args.cardinality,
      permissions: args.permissions,
      group: args.group,
      owner: args.owner,
      serviceId: undefined,
      state: undefined,
      ownerId: undefined,
      groupId: undefined,
    };
    const options = { version: PROVIDER_VERSION };
    super(token("Service"), name, inputs, pulumi.mergeOptions(options, opts));
  }

  /**
   * A Service that is there already, as it is; nothing is changed.
   *
   * @param id - the number that `oneflow list` shows.
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): Service {
    return new Service(name, {} as ServiceArgs, { ...opts, id });
  }
}
