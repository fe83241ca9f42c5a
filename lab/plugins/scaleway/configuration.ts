// SPDX-License-Identifier: Apache-2.0
import { Secret } from "../../../provider/grpc/provider";
import type { CheckFailure, DiffResult, PropertyMap, PropertyValue } from "../../../provider/grpc/provider";
import type { Credentials } from "./api/client";
import { text } from "./core/values";
import { isUuid, refuseNoUuid, REGIONS, ZONES } from "./locality";

const ACCESS_KEY = /^SCW[A-Z0-9]{17}$/;
const REGION = /^[a-z]{2}-[a-z]{3,7}$/;
const ZONE = /^[a-z]{2}-[a-z]{3,7}-[0-9]{1,2}$/;

type Name = "accessKey" | "secretKey" | "projectId" | "organizationId" | "region" | "zone" | "apiUrl";

/** Variables that Pulumi's own defaults read (for `organizationId` it is not the name that Scaleway's SDK knows). */
const DEFAULT_VARIABLES: Partial<Record<Name, string>> = {
  accessKey: "SCW_ACCESS_KEY",
  secretKey: "SCW_SECRET_KEY",
  organizationId: "SCW_ORGANIZATION_ID",
  projectId: "SCW_DEFAULT_PROJECT_ID",
  region: "SCW_DEFAULT_REGION",
  zone: "SCW_DEFAULT_ZONE",
};

/** Variables that Scaleway's SDK reads; set, even to nothing, they beat the provider's arguments. */
const SDK_VARIABLES: Record<Name, string> = {
  accessKey: "SCW_ACCESS_KEY",
  secretKey: "SCW_SECRET_KEY",
  organizationId: "SCW_DEFAULT_ORGANIZATION_ID",
  projectId: "SCW_DEFAULT_PROJECT_ID",
  region: "SCW_DEFAULT_REGION",
  zone: "SCW_DEFAULT_ZONE",
  apiUrl: "SCW_API_URL",
};

const SECRETS = new Set(["accessKey", "secretKey"]);

export function checkConfig(
  news: PropertyMap,
  environment: NodeJS.ProcessEnv,
): { inputs: PropertyMap; failures: CheckFailure[] } {
  const inputs: PropertyMap = { ...news };
  for (const [name, variable] of Object.entries(DEFAULT_VARIABLES)) {
    const value = environment[variable];
    if (inputs[name] === undefined && value) inputs[name] = value;
  }
  const failures: CheckFailure[] = [];
  for (const name of ["secretKey", "projectId", "organizationId"]) {
    const value = unwrap(inputs[name]);
    const refusal = typeof value === "string" && value !== "" ? refuseNoUuid(value) : undefined;
    if (refusal === undefined) continue;
    // The real provider repeats the value here; a secret is not repeated.
    const shown = SECRETS.has(name) ? refusal.replace(text(value), "<secret>") : refusal;
    failures.push({
      property: "",
      reason: `could not validate provider configuration: ${shown}. Check \`pulumi config get scaleway:${name}\`.`,
    });
  }
  for (const name of SECRETS) {
    const value = inputs[name];
    if (value !== undefined && !(value instanceof Secret)) inputs[name] = new Secret(value);
  }
  return { inputs, failures };
}

export function diffConfig(olds: PropertyMap, news: PropertyMap): DiffResult {
  const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((name) => name !== "version");
  const diffs = names.filter((name) => unwrap(olds[name]) !== unwrap(news[name]));
  if (diffs.length === 0) return { changes: "none" };
  return {
    changes: "some",
    diffs,
    detailedDiff: Object.fromEntries(diffs.map((name) => [name, { kind: "update" as const, inputDiff: true }])),
  };
}

/**
 * Merges arguments and environment as the real provider does: the environment wins, also with an empty value.
 *
 * @throws in the real provider's words when something needed is missing or malformed.
 */
export function credentials(args: PropertyMap, environment: NodeJS.ProcessEnv): Credentials {
  const value = (name: Name, fallback: string): string => {
    const fromEnvironment = environment[SDK_VARIABLES[name]];
    if (fromEnvironment !== undefined) return fromEnvironment;
    const argument = unwrap(args[name]);
    return typeof argument === "string" && argument !== "" ? argument : fallback;
  };
  const merged: Credentials = {
    apiUrl: value("apiUrl", "https://api.scaleway.com") || "https://api.scaleway.com",
    accessKey: value("accessKey", ""),
    secretKey: value("secretKey", ""),
    projectId: value("projectId", ""),
    organizationId: value("organizationId", ""),
    region: value("region", "fr-par") || "fr-par",
    zone: value("zone", "fr-par-1") || "fr-par-1",
    // The real provider knows only the regions' own addresses; Scaleway's SDK has this variable.
    storageEndpoint: environment["SCW_S3_ENDPOINT"],
  };
  const problem = firstProblem(merged);
  if (problem !== undefined) {
    const words = `scaleway-sdk-go: ${problem}`;
    throw new Error(
      `2 errors occurred:\n\t* 1 error occurred:\n\t* ${words}\n\n\n\t* error creating meta: ${words}\n\n`,
    );
  }
  return merged;
}

function firstProblem(merged: Credentials): string | undefined {
  if (!merged.accessKey) return "access key cannot be empty";
  if (!ACCESS_KEY.test(merged.accessKey)) {
    return `invalid access key format '${merged.accessKey}', expected SCWXXXXXXXXXXXXXXXXX format`;
  }
  if (!merged.secretKey) return "secret key cannot be empty";
  if (!isUuid(merged.secretKey))
    return "invalid secret key format, expected a UUID: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (!merged.projectId) return "default project ID cannot be empty";
  if (!isUuid(merged.projectId)) {
    return `invalid project ID format '${merged.projectId}', expected a UUID: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`;
  }
  if (merged.organizationId && !isUuid(merged.organizationId)) {
    return `invalid organization ID format '${merged.organizationId}', expected a UUID: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`;
  }
  if (!REGION.test(merged.region)) {
    return `invalid default region format '${merged.region}', available regions are: ${REGIONS.join(", ")}`;
  }
  if (!ZONE.test(merged.zone)) {
    return `invalid default zone format '${merged.zone}', available zones are: ${ZONES.join(", ")}`;
  }
  return urlProblem(merged.apiUrl);
}

function urlProblem(url: string): string | undefined {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return `invalid url ${url}`;
  return url.endsWith("/") ? `invalid url ${url} it should not have trailing slash` : undefined;
}

function unwrap(value: PropertyValue | undefined): PropertyValue | undefined {
  return value instanceof Secret ? value.value : value;
}
