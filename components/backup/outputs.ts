// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";

/** Everything that opens the backups, for people and day-two commands; the whole is secret. */
export interface BackupAccess {
  bucket: string;
  region: string;
  /** Where the object storage answers. */
  endpoint: string;
  /** As restic spells it. */
  repository: string;
  accessKey: pulumi.Input<string>;
  secretKey: pulumi.Input<string>;
  /** Of the restic repository. */
  password: pulumi.Input<string>;
  /** The copies of VM backups, and what opens them and the repositories on the host; undefined where there are none. */
  vms?: { repository: string; password: pulumi.Input<string>; copyPassword: pulumi.Input<string> };
  /** The private key to which backups are encrypted, in OpenSSH's form. */
  identity: pulumi.Input<string>;
}
