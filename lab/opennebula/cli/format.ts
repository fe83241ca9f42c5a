// SPDX-License-Identifier: Apache-2.0

import { elementsOf, textOf } from "../oned/xml";
import type { XmlElement } from "../oned/xml";
import { find } from "./call";
import type { Column } from "./kinds";

/** XML as the object that `-j` prints: repeated elements become a list. */
export function toJson(element: XmlElement): unknown {
  const children = elementsOf(element);
  if (children.length === 0) return textOf(element);
  const object: Record<string, unknown> = {};
  for (const child of children) {
    const value = toJson(child);
    const held = object[child.name];
    object[child.name] =
      held === undefined ? value : Array.isArray(held) ? [...(held as unknown[]), value] : [held, value];
  }
  return object;
}

/** A table with columns as wide as their widest cell. */
export function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: string[]): string =>
    row
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

/** What an object shows in a column. */
export function cell(object: XmlElement, column: Column): string {
  const found = [column.path]
    .flat()
    .map((path) => find(object, path.split("/")))
    .find((element) => element !== undefined);
  const text = found === undefined ? "-" : textOf(found);
  return column.show === undefined ? text : column.show(text, object);
}

/** An object for people: one line an attribute. */
export function show(element: XmlElement, depth = 0): string {
  const children = elementsOf(element);
  const indent = "  ".repeat(depth);
  if (children.length === 0) return `${indent}${element.name}: ${textOf(element)}`;
  return [`${indent}${element.name}`, ...children.map((child) => show(child, depth + 1))].join("\n");
}
