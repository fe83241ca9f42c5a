// SPDX-License-Identifier: Apache-2.0
import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies";

new PolicyPack("opennebula-scaleway", { policies: [...policies] });
