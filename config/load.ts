// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { CertificateSource } from "../catalogue";
import { ConfigProblems, parseCloud, type Cloud } from "./cloud";
import type { Problem } from "./problems";

/** A {@link Cloud} with the secrets that the stack's configuration holds beside it. */
export interface LoadedCloud extends Cloud {
  /** `key`: private key of an imported certificate, from `opennebula-scaleway:tlsKey`. */
  tls: Cloud["tls"] & { key?: pulumi.Output<string> };
  monitoring?: Cloud["monitoring"] & { secrets: MonitoringSecrets };
}

/** What monitoring needs to reach people; left out where the stack's configuration has none. */
export interface MonitoringSecrets {
  smtpPassword?: pulumi.Output<string>;
  slackWebhook?: pulumi.Output<string>;
  deadManUrl?: pulumi.Output<string>;
}

function monitoringSecrets(config: pulumi.Config, { alerts }: NonNullable<Cloud["monitoring"]>): MonitoringSecrets {
  const needed = {
    smtpPassword: alerts.email?.username === undefined ? undefined : "monitoring.email.username",
    slackWebhook: alerts.slack === undefined ? undefined : "monitoring.slack",
    deadManUrl: alerts.deadMan ? "monitoring.deadMan" : undefined,
  };
  const secrets: MonitoringSecrets = {};
  const problems: Problem[] = [];
  for (const [name, path] of Object.entries(needed) as [keyof MonitoringSecrets, string | undefined][]) {
    if (path === undefined) continue;
    secrets[name] = config.getSecret(name);
    if (secrets[name] !== undefined) continue;
    const rule = `needs the secret opennebula-scaleway:${name}`;
    problems.push({
      path,
      found: "no such secret",
      rule,
      cure: `pulumi config set --secret opennebula-scaleway:${name}`,
    });
  }
  if (problems.length > 0) throw new ConfigProblems(problems);
  return secrets;
}

/**
 * Reads the cloud from the stack's configuration: the only reader of `pulumi.Config` and of the environment.
 *
 * @throws pulumi.RunError (shown without a stack trace) that lists every mistake, before any resource is registered.
 */
export function load(): LoadedCloud {
  const config = new pulumi.Config("opennebula-scaleway");
  const value: unknown = config.requireObject("cloud");
  const projectId = new pulumi.Config("scaleway").get("projectId") ?? process.env.SCW_DEFAULT_PROJECT_ID;
  try {
    const cloud = parseCloud(value, projectId === "" ? undefined : projectId);
    return {
      ...cloud,
      tls: { ...cloud.tls, key: importedKey(config, cloud) },
      monitoring: cloud.monitoring && {
        ...cloud.monitoring,
        secrets: monitoringSecrets(config, cloud.monitoring),
      },
    };
  } catch (error) {
    if (error instanceof ConfigProblems) throw new pulumi.RunError(error.message);
    throw error;
  }
}

function importedKey(config: pulumi.Config, { tls }: Cloud): pulumi.Output<string> | undefined {
  if (tls.mode !== CertificateSource.Imported) return undefined;
  const key = config.getSecret("tlsKey");
  if (key) return key;
  throw new ConfigProblems([
    {
      path: "tls.mode",
      found: "no private key beside the certificate",
      rule: "imported needs the key as the secret opennebula-scaleway:tlsKey",
      cure: "pulumi config set --secret opennebula-scaleway:tlsKey <key.pem",
    },
  ]);
}
