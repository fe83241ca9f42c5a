// SPDX-License-Identifier: Apache-2.0
import { credentials, type Credential } from "../catalogue";
import { rotatable } from "../operations";

const HEAD = `# Inventory of secrets

Generated from \`catalogue/credentials.ts\` by \`npm run generate\`; do not edit. What the commands do with it: [secrets](secrets.md).

Every credential of a cloud. "Kept by" says where it is: in the stack's encrypted state, from which it reaches those who use it, or on the hosts
alone. Where there is an age, hosts tell it as \`opennebula_scaleway_secret_changed_timestamp_seconds\` and
[SecretTooOld](alerts.md#secrettooold) watches it.
`;

/** The page that shows the inventory. */
export function renderSecretsDoc(): string {
  const rows = Object.entries<Credential>(credentials).map(([name, credential]) => {
    const { owner, about, usedBy, rotation, resource, held } = credential;
    const keptBy = resource ? "the state" : "hosts";
    const isRotatable = (rotatable as string[]).includes(name);
    return [`\`${name}\``, owner, about, usedBy, keptBy, isRotatable ? "yes" : "no", rotation, held ? "yes" : "-"];
  });
  const titles = ["name", "owner", "opens", "used by", "kept by", "`rotate`", "how it is replaced", "age"];
  const table = [titles, titles.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${HEAD}\n${table.join("\n")}\n`;
}
