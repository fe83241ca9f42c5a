// SPDX-License-Identifier: Apache-2.0
// Generated from the provider's definitions by `npm run generate`; do not edit.
import * as pulumi from "@pulumi/pulumi";
import { PROVIDER_VERSION, token } from "../../provider/types";
import type * as types from "./types.gen";

/** Arguments of {@link getCluster}. */
export interface GetClusterArgs {
  /** Its name. */
  name: string;
}

/** Arguments of {@link getClusterOutput}. */
export interface GetClusterOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
}

/** What {@link getCluster} answers. */
export interface GetClusterResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A cluster that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getCluster(args: GetClusterArgs, opts: pulumi.InvokeOptions = {}): Promise<GetClusterResult> {
  return pulumi.runtime.invoke(token("getCluster"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getCluster}, for arguments that are outputs. */
export function getClusterOutput(
  args: GetClusterOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetClusterResult> {
  return pulumi.runtime.invokeOutput(token("getCluster"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getHost}. */
export interface GetHostArgs {
  /** Its name. */
  name: string;
}

/** Arguments of {@link getHostOutput}. */
export interface GetHostOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
}

/** What {@link getHost} answers. */
export interface GetHostResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Name of its cluster. */
  clusterName?: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A host that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getHost(args: GetHostArgs, opts: pulumi.InvokeOptions = {}): Promise<GetHostResult> {
  return pulumi.runtime.invoke(token("getHost"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getHost}, for arguments that are outputs. */
export function getHostOutput(
  args: GetHostOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetHostResult> {
  return pulumi.runtime.invokeOutput(token("getHost"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getDatastore}. */
export interface GetDatastoreArgs {
  /** Its name. */
  name: string;
  /** Name of its owner, where several have one of this name. */
  owner?: string;
}

/** Arguments of {@link getDatastoreOutput}. */
export interface GetDatastoreOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
  /** Name of its owner, where several have one of this name. */
  owner?: pulumi.Input<string>;
}

/** What {@link getDatastore} answers. */
export interface GetDatastoreResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Name of its owner. */
  ownerName?: string;
  /** Name of its group. */
  groupName?: string;
  /** Driver of images. */
  dsMad?: string;
  /** Driver of disks. */
  tmMad?: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A datastore that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getDatastore(args: GetDatastoreArgs, opts: pulumi.InvokeOptions = {}): Promise<GetDatastoreResult> {
  return pulumi.runtime.invoke(token("getDatastore"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getDatastore}, for arguments that are outputs. */
export function getDatastoreOutput(
  args: GetDatastoreOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetDatastoreResult> {
  return pulumi.runtime.invokeOutput(token("getDatastore"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getImage}. */
export interface GetImageArgs {
  /** Its name. */
  name: string;
  /** Name of its owner, where several have one of this name. */
  owner?: string;
}

/** Arguments of {@link getImageOutput}. */
export interface GetImageOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
  /** Name of its owner, where several have one of this name. */
  owner?: pulumi.Input<string>;
}

/** What {@link getImage} answers. */
export interface GetImageResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Name of its owner. */
  ownerName?: string;
  /** Name of its group. */
  groupName?: string;
  /** Name of its datastore. */
  datastoreName?: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A image that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getImage(args: GetImageArgs, opts: pulumi.InvokeOptions = {}): Promise<GetImageResult> {
  return pulumi.runtime.invoke(token("getImage"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getImage}, for arguments that are outputs. */
export function getImageOutput(
  args: GetImageOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetImageResult> {
  return pulumi.runtime.invokeOutput(token("getImage"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getVmTemplate}. */
export interface GetVmTemplateArgs {
  /** Its name. */
  name: string;
  /** Name of its owner, where several have one of this name. */
  owner?: string;
}

/** Arguments of {@link getVmTemplateOutput}. */
export interface GetVmTemplateOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
  /** Name of its owner, where several have one of this name. */
  owner?: pulumi.Input<string>;
}

/** What {@link getVmTemplate} answers. */
export interface GetVmTemplateResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Name of its owner. */
  ownerName?: string;
  /** Name of its group. */
  groupName?: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A VM template that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getVmTemplate(args: GetVmTemplateArgs, opts: pulumi.InvokeOptions = {}): Promise<GetVmTemplateResult> {
  return pulumi.runtime.invoke(token("getVmTemplate"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getVmTemplate}, for arguments that are outputs. */
export function getVmTemplateOutput(
  args: GetVmTemplateOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetVmTemplateResult> {
  return pulumi.runtime.invokeOutput(token("getVmTemplate"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getVirtualNetwork}. */
export interface GetVirtualNetworkArgs {
  /** Its name. */
  name: string;
  /** Name of its owner, where several have one of this name. */
  owner?: string;
}

/** Arguments of {@link getVirtualNetworkOutput}. */
export interface GetVirtualNetworkOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
  /** Name of its owner, where several have one of this name. */
  owner?: pulumi.Input<string>;
}

/** What {@link getVirtualNetwork} answers. */
export interface GetVirtualNetworkResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Name of its owner. */
  ownerName?: string;
  /** Name of its group. */
  groupName?: string;
  /** Bridge on the hosts. */
  bridge?: string;
  /** VLAN or VXLAN number. */
  vlanId?: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A network that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getVirtualNetwork(
  args: GetVirtualNetworkArgs,
  opts: pulumi.InvokeOptions = {},
): Promise<GetVirtualNetworkResult> {
  return pulumi.runtime.invoke(token("getVirtualNetwork"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getVirtualNetwork}, for arguments that are outputs. */
export function getVirtualNetworkOutput(
  args: GetVirtualNetworkOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetVirtualNetworkResult> {
  return pulumi.runtime.invokeOutput(token("getVirtualNetwork"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getUser}. */
export interface GetUserArgs {
  /** Its name. */
  name: string;
}

/** Arguments of {@link getUserOutput}. */
export interface GetUserOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
}

/** What {@link getUser} answers. */
export interface GetUserResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Name of the primary group. */
  groupName?: string;
  /** How the user logs in. */
  authDriver?: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A user that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getUser(args: GetUserArgs, opts: pulumi.InvokeOptions = {}): Promise<GetUserResult> {
  return pulumi.runtime.invoke(token("getUser"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getUser}, for arguments that are outputs. */
export function getUserOutput(
  args: GetUserOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetUserResult> {
  return pulumi.runtime.invokeOutput(token("getUser"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getGroup}. */
export interface GetGroupArgs {
  /** Its name. */
  name: string;
}

/** Arguments of {@link getGroupOutput}. */
export interface GetGroupOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
}

/** What {@link getGroup} answers. */
export interface GetGroupResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A group that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getGroup(args: GetGroupArgs, opts: pulumi.InvokeOptions = {}): Promise<GetGroupResult> {
  return pulumi.runtime.invoke(token("getGroup"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getGroup}, for arguments that are outputs. */
export function getGroupOutput(
  args: GetGroupOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetGroupResult> {
  return pulumi.runtime.invokeOutput(token("getGroup"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getZone}. */
export interface GetZoneArgs {
  /** Its name. */
  name: string;
}

/** Arguments of {@link getZoneOutput}. */
export interface GetZoneOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
}

/** What {@link getZone} answers. */
export interface GetZoneResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A zone that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getZone(args: GetZoneArgs, opts: pulumi.InvokeOptions = {}): Promise<GetZoneResult> {
  return pulumi.runtime.invoke(token("getZone"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getZone}, for arguments that are outputs. */
export function getZoneOutput(
  args: GetZoneOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetZoneResult> {
  return pulumi.runtime.invokeOutput(token("getZone"), args, { version: PROVIDER_VERSION, ...opts });
}

/** Arguments of {@link getMarketplaceApp}. */
export interface GetMarketplaceAppArgs {
  /** Its name. */
  name: string;
  /** Name of its owner, where several have one of this name. */
  owner?: string;
}

/** Arguments of {@link getMarketplaceAppOutput}. */
export interface GetMarketplaceAppOutputArgs {
  /** Its name. */
  name: pulumi.Input<string>;
  /** Name of its owner, where several have one of this name. */
  owner?: pulumi.Input<string>;
}

/** What {@link getMarketplaceApp} answers. */
export interface GetMarketplaceAppResult {
  /** oned's number, as ids of resources are. */
  id: string;
  /** oned's number. */
  number: number;
  /** Its name. */
  name: string;
  /** Name of its owner. */
  ownerName?: string;
  /** Name of its group. */
  groupName?: string;
  /** Name of its marketplace. */
  marketplaceName?: string;
  /** Version. */
  version?: string;
  /** Attributes of its template. */
  attributes: types.Template;
}

/**
 * A marketplace app that exists, by its name.
 *
 * @throws Error if there is none, or more than one.
 */
export function getMarketplaceApp(
  args: GetMarketplaceAppArgs,
  opts: pulumi.InvokeOptions = {},
): Promise<GetMarketplaceAppResult> {
  return pulumi.runtime.invoke(token("getMarketplaceApp"), args, { version: PROVIDER_VERSION, ...opts });
}

/** As {@link getMarketplaceApp}, for arguments that are outputs. */
export function getMarketplaceAppOutput(
  args: GetMarketplaceAppOutputArgs,
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetMarketplaceAppResult> {
  return pulumi.runtime.invokeOutput(token("getMarketplaceApp"), args, { version: PROVIDER_VERSION, ...opts });
}
