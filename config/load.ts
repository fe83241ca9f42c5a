// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { ConfigProblems, parseCloud, type Cloud } from "./cloud";

/** The cloud, and the secrets that stand beside it in the stack file: `pulumi config set --secret slackWebhook ...`. */
export interface LoadedCloud extends Cloud {
  monitoring?: Cloud["monitoring"] & { secrets: MonitoringSecrets };
}

/** What monitoring needs to reach people; left out where the stack file has none. */
export interface MonitoringSecrets {
  smtpPassword?: pulumi.Output<string>;
  slackWebhook?: pulumi.Output<string>;
  deadManUrl?: pulumi.Output<string>;
}

function monitoringSecrets(): MonitoringSecrets {
  const config = new pulumi.Config("opennebula-scaleway");
  const secret = (name: string): pulumi.Output<string> | undefined => config.getSecret(name);
  return {
    smtpPassword: secret("smtpPassword"),
    slackWebhook: secret("slackWebhook"),
    deadManUrl: secret("deadManUrl"),
  };
}

/**
 * Reads the cloud from the stack's configuration: the only reader of `pulumi.Config` and of the environment.
 *
 * @throws pulumi.RunError (shown without a stack trace) that lists every mistake, before any resource is registered.
 */
export function load(): LoadedCloud {
  const value: unknown = new pulumi.Config("opennebula-scaleway").requireObject("cloud");
  const projectId = new pulumi.Config("scaleway").get("projectId") ?? process.env.SCW_DEFAULT_PROJECT_ID;
  try {
    const cloud = parseCloud(value, projectId === "" ? undefined : projectId);
    return { ...cloud, monitoring: cloud.monitoring && { ...cloud.monitoring, secrets: monitoringSecrets() } };
  } catch (error) {
    if (error instanceof ConfigProblems) throw new pulumi.RunError(error.message);
    throw error;
  }
}
