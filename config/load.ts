// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { ConfigProblems, parseCloud, type Cloud } from "./cloud";

/**
 * Reads the cloud from the stack's configuration: the only reader of `pulumi.Config` and of the environment.
 *
 * @throws pulumi.RunError (shown without a stack trace) that lists every mistake, before any resource is registered.
 */
export function load(): Cloud {
  const value: unknown = new pulumi.Config("opennebula-scaleway").requireObject("cloud");
  const projectId = new pulumi.Config("scaleway").get("projectId") ?? process.env.SCW_DEFAULT_PROJECT_ID;
  try {
    return parseCloud(value, projectId === "" ? undefined : projectId);
  } catch (error) {
    if (error instanceof ConfigProblems) throw new pulumi.RunError(error.message);
    throw error;
  }
}
