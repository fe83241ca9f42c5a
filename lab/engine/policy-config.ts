// SPDX-License-Identifier: Apache-2.0
/** How strictly each policy of a pack counts and with which settings: the pack's own, overlaid by a file's. */
import { readFileSync } from "node:fs";
import * as pb from "@pulumi/pulumi/proto/analyzer_pb";
import Ajv from "ajv";
import { fromStruct, isObject, toStruct } from "./values";
import type { Props, Value } from "./values";

export const LEVELS = ["advisory", "mandatory", "disabled", "remediate"] as const;
export type Level = (typeof LEVELS)[number];

interface Setting {
  level?: pb.EnforcementLevel;
  properties: Props;
}

/** The key that stands for every policy; only its level counts. */
const ALL = "all";
/** A key that names no policy: environments of a service that the file backend does not have. */
const ENVIRONMENTS = "environments";

/**
 * What a pack is configured with.
 * @param file - JSON of the form `{policy: level | {enforcementLevel, ...properties}}`; `all` for every policy
 * @throws Error naming what in the file is not of that form, and every setting that its policy does not accept
 */
export function policyConfiguration(info: pb.AnalyzerInfo, file: string | undefined): pb.ConfigureAnalyzerRequest {
  const settings = new Map<string, Setting>();
  for (const policy of info.getPoliciesList()) {
    const properties = defaultsOf(policy.getConfigschema());
    settings.set(policy.getName(), { level: policy.getEnforcementlevel(), properties });
  }
  overlay(settings, initialSettings(info));
  if (file !== undefined) overlay(settings, readSettings(file));
  const problems = info.getPoliciesList().flatMap((policy) => problemsOf(policy, settings.get(policy.getName())));
  if (problems.length > 0) {
    throw new Error(`validating policy config for "${info.getName()}": ${problems.sort().join("; ")}`);
  }
  const request = new pb.ConfigureAnalyzerRequest();
  for (const policy of info.getPoliciesList()) {
    const { level, properties } = settings.get(policy.getName()) ?? { properties: {} };
    const setting = new pb.PolicyConfig();
    setting.setEnforcementlevel(level ?? policy.getEnforcementlevel());
    setting.setProperties(toStruct(properties));
    request.getPolicyconfigMap().set(policy.getName(), setting);
  }
  return request;
}

function overlay(settings: Map<string, Setting>, given: ReadonlyMap<string, Setting>): void {
  const everywhere = given.get(ALL)?.level;
  for (const [name, setting] of settings) {
    const own = given.get(name);
    settings.set(name, {
      level: own?.level ?? everywhere ?? setting.level,
      properties: { ...setting.properties, ...own?.properties },
    });
  }
}

/** What the pack's own program gives its policies. */
function initialSettings(info: pb.AnalyzerInfo): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  info.getInitialconfigMap().forEach((config: pb.PolicyConfig, name: string) => {
    settings.set(name, { level: config.getEnforcementlevel(), properties: fromStruct(config.getProperties()) });
  });
  return settings;
}

function readSettings(file: string): Map<string, Setting> {
  const text = readFileSync(file, "utf8");
  if (text.trim() === "") return new Map();
  const config = JSON.parse(text) as Value;
  if (!isObject(config)) throw new Error(`${file}: must hold an object {policy: level | {enforcementLevel, ...}}`);
  const entries = Object.entries(config).filter(([name]) => name !== ENVIRONMENTS);
  return new Map(entries.map(([name, entry]) => [name, settingOf(name, entry)]));
}

function settingOf(policy: string, entry: Value | undefined): Setting {
  if (typeof entry === "string") return { level: levelOf(entry, policy), properties: {} };
  if (!isObject(entry)) {
    throw new Error(`policy ${policy}: must be a level or {enforcementLevel, ...}, not ${JSON.stringify(entry)}`);
  }
  const { enforcementLevel, ...properties } = entry;
  return { level: levelOf(enforcementLevel, policy), properties };
}

function levelOf(level: Value | undefined, policy: string): pb.EnforcementLevel | undefined {
  if (level === undefined) return undefined;
  const index = LEVELS.indexOf(level as Level);
  if (index < 0) {
    throw new Error(
      `policy ${policy}: enforcementLevel must be one of ${LEVELS.join(", ")}, not ${JSON.stringify(level)}`,
    );
  }
  return index;
}

function defaultsOf(schema: pb.PolicyConfigSchema | undefined): Props {
  const defaults: Props = {};
  for (const [name, property] of Object.entries(fromStruct(schema?.getProperties()))) {
    if (isObject(property) && property.default !== undefined) defaults[name] = property.default;
  }
  return defaults;
}

/** What of a policy's settings its schema does not accept. */
function problemsOf(policy: pb.PolicyInfo, setting: Setting | undefined): string[] {
  const schema = policy.getConfigschema();
  if (!schema) return [];
  const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile({
    type: "object",
    properties: fromStruct(schema.getProperties()),
    required: schema.getRequiredList(),
  });
  if (validate(setting?.properties ?? {})) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => {
    const path = instancePath.slice(1).replaceAll("/", ".");
    return `${policy.getName()}: ${path ? `${path} ` : ""}${message ?? "is not accepted"}`;
  });
}
