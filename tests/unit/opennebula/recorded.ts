// SPDX-License-Identifier: Apache-2.0
import { METHODS, OneClient } from "../../../opennebula";

/** A client that answers by a function instead of a server, and holds every call to the published signatures. */
export class ScriptedClient extends OneClient {
  readonly asked: unknown[][] = [];

  constructor(private readonly answer: (method: string, parameters: readonly unknown[]) => string | number) {
    super({ endpoint: "http://127.0.0.1:1/RPC2", username: "u", password: "p" });
  }

  override async callAny(method: string, parameters: readonly unknown[]): Promise<string | number> {
    const [forms = ""] = (METHODS as Record<string, string>)[method]?.split(">") ?? [];
    const form = parameters.map(letter).join("") || "-";
    if (!forms.split(" ").includes(form)) throw new Error(`${method} takes ${forms} and not ${form}`);
    this.asked.push([method, ...parameters]);
    return this.answer(method, parameters);
  }
}

function letter(value: unknown): string {
  if (Array.isArray(value)) return "a";
  return { string: "s", number: "i", boolean: "b", bigint: "l" }[typeof value as string] ?? "?";
}
