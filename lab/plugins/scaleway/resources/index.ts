// SPDX-License-Identifier: Apache-2.0
import type { ResourceDefinition } from "../core/resource";
import { accountProject } from "./account-project";
import { bucket } from "./bucket";
import { bucketLock } from "./bucket-lock";
import { flexibleIp } from "./flexible-ip";
import { iamApiKey } from "./iam-api-key";
import { iamApplication } from "./iam-application";
import { iamGroup } from "./iam-group";
import { iamPolicy } from "./iam-policy";
import { iamSshKey } from "./iam-ssh-key";
import { ipamIp } from "./ipam-ip";
import { macAddress } from "./mac-address";
import { privateNetwork } from "./private-network";
import { secret } from "./secret";
import { secretVersion } from "./secret-version";
import { server } from "./server";
import { vpc } from "./vpc";
import { vpcAcl } from "./vpc-acl";

export const resources: readonly ResourceDefinition[] = [
  ...[vpc, vpcAcl, privateNetwork, ipamIp],
  ...[accountProject, iamApplication, iamGroup, iamPolicy, iamApiKey, iamSshKey],
  ...[server, flexibleIp, macAddress],
  ...[bucket, bucketLock],
  ...[secret, secretVersion],
];
