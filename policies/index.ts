// SPDX-License-Identifier: Apache-2.0
import { PolicyPack } from "@pulumi/policy";
import { serversProtected } from "./baremetal/servers-protected";
import { noTriggersWithUndo } from "./hosts/no-triggers-with-undo";
import { sshHostKeyPinned } from "./hosts/ssh-host-key-pinned";

new PolicyPack("opennebula-scaleway", { policies: [noTriggersWithUndo, serversProtected, sshHostKeyPinned] });
