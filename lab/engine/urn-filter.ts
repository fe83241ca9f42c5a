// SPDX-License-Identifier: Apache-2.0
/** URNs that options name: in full, or with `*` (within a part) and `**` (across parts). */
export class UrnFilter {
  private readonly exact = new Set<string>();
  private readonly patterns: RegExp[] = [];

  constructor(texts: readonly string[] = []) {
    for (const text of texts) {
      if (text.includes("*")) this.patterns.push(patternOf(text));
      else this.exact.add(text);
    }
  }

  /** False when nothing was named: then no restriction is meant. */
  get active(): boolean {
    return this.exact.size > 0 || this.patterns.length > 0;
  }

  /** True for a named URN. */
  names(urn: string): boolean {
    return this.exact.has(urn) || this.patterns.some((pattern) => pattern.test(urn));
  }

  /** Names written in full. */
  get literals(): string[] {
    return [...this.exact];
  }
}

function patternOf(text: string): RegExp {
  const source = text
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^:]*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${source.join("")}$`);
}
