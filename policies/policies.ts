// SPDX-License-Identifier: Apache-2.0
import type { DefinedPolicy } from "./define";
import { noDefaultPasswords } from "./access/no-default-passwords";
import { passwordsLong } from "./access/passwords-long";
import { serversInPrivateNetwork } from "./baremetal/servers-in-private-network";
import { serversProtected } from "./baremetal/servers-protected";
import { noTriggersWithUndo } from "./hosts/no-triggers-with-undo";
import { sshFromNamedNetworks } from "./hosts/ssh-from-named-networks";
import { sshHostKeyPinned } from "./hosts/ssh-host-key-pinned";
import { apiKeysExpire } from "./iam/api-keys-expire";
import { policiesNarrow } from "./iam/policies-narrow";
import { imagesChecksummed } from "./images/images-checksummed";
import { noSecretsInPlainPlaces } from "./secrets/no-secrets-in-plain-places";
import { apiNotPublic } from "./services/api-not-public";
import { certificateRenewed } from "./services/certificate-renewed";
import { fireedgeByTls } from "./services/fireedge-by-tls";
import { noServiceWiderThanItsZone } from "./services/no-service-wider-than-its-zone";
import { backupsDeclared } from "./stack/backups-declared";
import { backupsOwnProject } from "./stack/backups-own-project";
import { costCeiling } from "./stack/cost-ceiling";
import { disksEncrypted } from "./stack/disks-encrypted";
import { firewallDeclared } from "./stack/firewall-declared";
import { monitoringDeclared } from "./stack/monitoring-declared";
import { packagesVerified } from "./stack/packages-verified";
import { tagsRequired } from "./stack/tags-required";
import { zonesAllowed } from "./stack/zones-allowed";
import { bucketsPrivate } from "./storage/buckets-private";
import { bucketsVersioned } from "./storage/buckets-versioned";
import { oldVersionsExpire } from "./storage/old-versions-expire";

/** Every policy, by area and name. */
export const policies: readonly DefinedPolicy[] = [
  noDefaultPasswords,
  passwordsLong,
  serversInPrivateNetwork,
  serversProtected,
  noTriggersWithUndo,
  sshFromNamedNetworks,
  sshHostKeyPinned,
  apiKeysExpire,
  policiesNarrow,
  imagesChecksummed,
  noSecretsInPlainPlaces,
  apiNotPublic,
  certificateRenewed,
  fireedgeByTls,
  noServiceWiderThanItsZone,
  backupsDeclared,
  backupsOwnProject,
  costCeiling,
  disksEncrypted,
  firewallDeclared,
  monitoringDeclared,
  packagesVerified,
  tagsRequired,
  zonesAllowed,
  bucketsPrivate,
  bucketsVersioned,
  oldVersionsExpire,
];
