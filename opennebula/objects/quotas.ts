// SPDX-License-Identifier: Apache-2.0
import type { Template, TemplateVector } from "../template/template";
import type { XmlElement } from "../xml";

/** The four sections of a quota with the attribute that oned's template syntax has for each. */
export const QUOTA_SECTIONS = { datastores: "DATASTORE", networks: "NETWORK", vms: "VM", images: "IMAGE" } as const;

/** A limit without an end. */
export const UNLIMITED = "-2";
/** A limit that is oned's default for all users or groups. */
export const DEFAULT_LIMIT = "-1";

/**
 * Limits and use of a user or group, or oned's defaults. Every value is text as oned keeps it, e.g. `{ ID: "1", SIZE: "1024",
 * SIZE_USED: "12" }`: limits are integers or, for CPU, fractions; see {@link UNLIMITED} and {@link DEFAULT_LIMIT}.
 */
export type Quotas = Record<keyof typeof QUOTA_SECTIONS, TemplateVector[]>;

/** @param element - holds `DATASTORE_QUOTA` and its like. */
export function quotasFromXml(element: XmlElement): Quotas {
  const section = ([name, tag]: [string, string]): [string, TemplateVector[]] => {
    const members = element.child(`${tag}_QUOTA`)?.all(tag) ?? [];
    return [name, members.map(({ children }) => Object.fromEntries(children.map((one) => [one.name, one.text])))];
  };
  return Object.fromEntries(Object.entries(QUOTA_SECTIONS).map(section)) as Quotas;
}

/** Quotas in the form that oned takes: limits alone. */
export function quotaTemplate(quotas: Partial<Quotas>): Template {
  const limits = (member: TemplateVector): TemplateVector =>
    Object.fromEntries(Object.entries(member).filter(([name]) => !name.endsWith("_USED")));
  const sections = (Object.keys(QUOTA_SECTIONS) as (keyof Quotas)[]).flatMap((name) => {
    const members = quotas[name] ?? [];
    return members.length === 0 ? [] : [[QUOTA_SECTIONS[name], members.map(limits)] as const];
  });
  return Object.fromEntries(sections);
}
