// SPDX-License-Identifier: Apache-2.0
// The TypeScript classes in components/cloud/, from the same definitions as the provider's schema.
import type { Properties, PropertyDefinition, ResourceDefinition } from "../provider/definition";
import { FUNCTIONS } from "../provider/functions";
import { RESOURCES } from "../provider/resources";
import { allProperties, typesOf } from "../provider/schema";

const HEAD = [
  "// SPDX-License-Identifier: Apache-2.0",
  "// Generated from the provider's definitions by `npm run generate`; do not edit.",
  'import * as pulumi from "@pulumi/pulumi";',
];

/** The files by name. */
export function renderCloudSdk(): Record<string, string> {
  return {
    "types.gen.ts": renderTypes(),
    "resources.gen.ts": renderResources(),
    "functions.gen.ts": renderFunctions(),
  };
}

const shortName = (tokenText: string): string => tokenText.split(":").at(-1) ?? "";

/** A documentation comment; the text is the description, which holds no end of a comment. */
function doc(text: string, indent = ""): string[] {
  const lines = wrap(text.replaceAll("*/", "*\\/"), 110 - indent.length);
  if (lines.length === 1) return [`${indent}/** ${lines[0] ?? ""} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}`), `${indent} */`];
}

function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && `${line} ${word}`.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}

function describe(definition: PropertyDefinition): string {
  const notes = [
    definition.immutable === true ? "A change replaces the object." : "",
    definition.secret === true ? "Secret." : "",
  ].filter((note) => note !== "");
  const text = [definition.description, ...notes].join(" ");
  return definition.default === undefined ? text : `${text}\n@default ${JSON.stringify(definition.default)}`;
}

/** The type of a property: as an argument it may be an output at every level. */
function typeOf(definition: PropertyDefinition, mode: "args" | "outputs"): string {
  const inner = (text: string): string => (mode === "args" ? `pulumi.Input<${text}>` : text);
  if (definition.enum !== undefined) return `types.${definition.enum.name}`;
  switch (definition.type) {
    case "string":
    case "boolean":
      return definition.type;
    case "integer":
    case "number":
      return "number";
    case "stringMap":
      return `Record<string, ${inner("string")}>`;
    case "template":
      return mode === "args" ? "types.TemplateArgs" : "types.Template";
    case "json":
      return "unknown";
    case "object":
      return `types.${definition.typeName ?? ""}${mode === "args" ? "Args" : ""}`;
    case "list":
      return `${inner(typeOf(definition.items ?? { type: "string", description: "" }, mode))}[]`;
  }
}

function fieldLines(fields: Properties, mode: "args" | "outputs"): string[] {
  return Object.entries(fields).flatMap(([name, definition]) => {
    const type = typeOf(definition, mode).replaceAll("types.", "");
    const optional = definition.required === true ? "" : "?";
    return [
      ...doc(describe(definition), "  "),
      `  ${name}${optional}: ${mode === "args" ? `pulumi.Input<${type}>` : type};`,
    ];
  });
}

function renderTypes(): string {
  const lines = [
    ...HEAD,
    "",
    ...doc("Attributes of a template by name: a text, a map of texts (a vector), or a list of either."),
    "export type Template = Record<string, TemplateValue | TemplateValue[]>;",
    "export type TemplateValue = string | number | boolean | Record<string, string | number | boolean>;",
    ...doc("{@link Template} as an argument."),
    "export type TemplateArgs = Record<string, pulumi.Input<TemplateValueArgs | pulumi.Input<TemplateValueArgs>[]>>;",
    "export type TemplateValueArgs = string | number | boolean | Record<string, pulumi.Input<string | number | boolean>>;",
  ];
  for (const [name, definition] of typesOf(allProperties())) {
    lines.push("");
    if (definition.enum !== undefined) {
      lines.push(...doc(definition.enum.description), `export enum ${name} {`);
      for (const [key, value] of Object.entries(definition.enum.values))
        lines.push(`  ${key} = ${JSON.stringify(value)},`);
      lines.push("}");
      continue;
    }
    const fields = definition.fields ?? {};
    lines.push(...doc(definition.description), `export interface ${name} {`, ...fieldLines(fields, "outputs"), "}", "");
    lines.push(
      ...doc(`Arguments of {@link ${name}}.`),
      `export interface ${name}Args {`,
      ...fieldLines(fields, "args"),
      "}",
    );
  }
  return `${lines.join("\n")}\n`;
}

function renderResources(): string {
  const lines = [
    ...HEAD,
    'import { PROVIDER_VERSION, token } from "../../provider/types";',
    'import type * as types from "./types.gen";',
    "",
  ];
  for (const [type, definition] of Object.entries(RESOURCES))
    lines.push(...resourceLines(shortName(type), definition), "");
  return `${lines.join("\n")}`;
}

function resourceLines(name: string, { description, inputs, outputs, importId }: ResourceDefinition): string[] {
  const anyRequired = Object.values(inputs).some(({ required }) => required === true);
  const argument = anyRequired ? `args: ${name}Args` : `args: ${name}Args = {}`;
  const secrets = Object.keys(inputs).filter((input) => inputs[input]?.secret === true);
  const own = Object.entries(outputs).filter(([output]) => !Object.hasOwn(inputs, output));
  const sealed = secrets.map(
    (input) => `      ${input}: args.${input} === undefined ? undefined : pulumi.secret(args.${input}),`,
  );
  return [
    ...doc(`Arguments of {@link ${name}}.`),
    `export interface ${name}Args {`,
    ...Object.entries(inputs).flatMap(([input, definition]) => [
      ...doc(describe(definition), "  "),
      `  ${input}${definition.required === true ? "" : "?"}: pulumi.Input<${typeOf(definition, "args")}>;`,
    ]),
    "}",
    "",
    ...doc(description),
    `export class ${name} extends pulumi.CustomResource {`,
    ...Object.entries(inputs).flatMap(([input, definition]) => outputLines(input, definition)),
    ...own.flatMap(([output, definition]) => outputLines(output, definition)),
    "",
    `  constructor(name: string, ${argument}, opts: pulumi.CustomResourceOptions = {}) {`,
    "    const inputs: pulumi.Inputs = {",
    // What the program does not give must be named all the same, or the outputs of that name stay undefined.
    ...Object.keys(inputs)
      .filter((input) => !secrets.includes(input))
      .map((input) => `      ${input}: args.${input},`),
    ...sealed,
    ...own.map(([output]) => `      ${output}: undefined,`),
    "    };",
    secrets.length > 0
      ? `    const options = { version: PROVIDER_VERSION, additionalSecretOutputs: ${JSON.stringify(secrets)} };`
      : "    const options = { version: PROVIDER_VERSION };",
    `    super(token(${JSON.stringify(name)}), name, inputs, pulumi.mergeOptions(options, opts));`,
    "  }",
    "",
    ...doc(`A ${name} that is there already, as it is; nothing is changed.\n\n@param id - ${importId}.`, "  "),
    `  static get(name: string, id: pulumi.Input<pulumi.ID>, opts: pulumi.CustomResourceOptions = {}): ${name} {`,
    `    return new ${name}(name, {} as ${name}Args, { ...opts, id });`,
    "  }",
    "}",
  ];
}

function outputLines(name: string, definition: PropertyDefinition): string[] {
  const there = definition.required === true || definition.default !== undefined;
  const type = typeOf(definition, "outputs");
  return [
    ...doc(definition.description, "  "),
    `  declare readonly ${name}: pulumi.Output<${there ? type : `${type} | undefined`}>;`,
  ];
}

function renderFunctions(): string {
  const lines = [
    ...HEAD,
    'import { PROVIDER_VERSION, token } from "../../provider/types";',
    'import type * as types from "./types.gen";',
    "",
  ];
  for (const [type, { description, inputs, outputs }] of Object.entries(FUNCTIONS)) {
    const name = shortName(type);
    const base = name.charAt(0).toUpperCase() + name.slice(1);
    const fields = (properties: Properties, mode: "plain" | "args"): string[] =>
      Object.entries(properties).flatMap(([field, definition]) => {
        const optional = definition.required === true ? "" : "?";
        const own = typeOf(definition, "outputs");
        return [
          ...doc(definition.description, "  "),
          `  ${field}${optional}: ${mode === "args" ? `pulumi.Input<${own}>` : own};`,
        ];
      });
    lines.push(
      ...doc(`Arguments of {@link ${name}}.`),
      `export interface ${base}Args {`,
      ...fields(inputs, "plain"),
      "}",
      "",
      ...doc(`Arguments of {@link ${name}Output}.`),
      `export interface ${base}OutputArgs {`,
      ...fields(inputs, "args"),
      "}",
      "",
      ...doc(`What {@link ${name}} answers.`),
      `export interface ${base}Result {`,
      ...fields(outputs, "plain"),
      "}",
      "",
      ...doc(`${description}\n\n@throws Error if there is none, or more than one.`),
      `export function ${name}(args: ${base}Args, opts: pulumi.InvokeOptions = {}): Promise<${base}Result> {`,
      `  return pulumi.runtime.invoke(token(${JSON.stringify(name)}), args, { version: PROVIDER_VERSION, ...opts });`,
      "}",
      "",
      ...doc(`As {@link ${name}}, for arguments that are outputs.`),
      `export function ${name}Output(args: ${base}OutputArgs, opts: pulumi.InvokeOutputOptions = {}): pulumi.Output<${base}Result> {`,
      `  return pulumi.runtime.invokeOutput(token(${JSON.stringify(name)}), args, { version: PROVIDER_VERSION, ...opts });`,
      "}",
      "",
    );
  }
  return lines.join("\n");
}
