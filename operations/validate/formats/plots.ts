// SPDX-License-Identifier: Apache-2.0
import type { Measurement } from "../check";
import type { ValidationReport } from "../report";
import { figure } from "../text";
import { escapeMarkup } from "./xml";

const CELL = 84;
const ROW = 26;

/** Figures between hosts as a table of coloured cells: rows are where it starts, columns where it goes. Darker is more. */
export function matrixSvg(name: string, all: readonly Measurement[]): string {
  const hosts = [...new Set(all.flatMap(({ from, to }) => [from, to!]))].sort();
  const most = Math.max(...all.map(({ value }) => value), Number.EPSILON);
  const left = 110;
  const cells = hosts.flatMap((from, row) =>
    hosts.map((to, column) => {
      const found = all.find((one) => one.from === from && one.to === to);
      const [x, y] = [left + column * CELL, ROW + row * ROW];
      if (!found) return `<rect x="${x}" y="${y}" width="${CELL - 2}" height="${ROW - 2}" class="empty"/>`;
      // At half strength at most, so that text on it can be read.
      const share = ((found.value / most) * 0.5).toFixed(2);
      const text = `${figure(found.value)} ${found.unit}`;
      return (
        `<rect x="${x}" y="${y}" width="${CELL - 2}" height="${ROW - 2}" class="cell" fill-opacity="${share}">` +
        `<title>${escapeMarkup(`${from} to ${to}: ${text}`)}</title></rect>` +
        `<text x="${x + CELL / 2 - 1}" y="${y + 16}" text-anchor="middle">${escapeMarkup(text)}</text>`
      );
    }),
  );
  const heads = hosts.map((host, index) => {
    const label = escapeMarkup(host);
    return (
      `<text x="${left + index * CELL + CELL / 2}" y="16" text-anchor="middle" class="label">${label}</text>` +
      `<text x="${left - 8}" y="${ROW + index * ROW + 16}" text-anchor="end" class="label">${label}</text>`
    );
  });
  return svg(name, left + hosts.length * CELL, ROW * (hosts.length + 1), [...heads, ...cells]);
}

/** Figures of single hosts or things as bars. */
export function barsSvg(name: string, all: readonly Measurement[]): string {
  const most = Math.max(...all.map(({ value }) => Math.abs(value)), Number.EPSILON);
  const [left, width] = [150, 320];
  const bars = all.map(({ from, value, unit }, index) => {
    const y = index * ROW;
    const length = Math.max(1, (Math.abs(value) / most) * width).toFixed(1);
    return (
      `<text x="${left - 8}" y="${y + 17}" text-anchor="end" class="label">${escapeMarkup(from)}</text>` +
      `<rect x="${left}" y="${y + 4}" width="${length}" height="${ROW - 8}" class="bar"/>` +
      `<text x="${left + Number(length) + 6}" y="${y + 17}">${escapeMarkup(`${figure(value)} ${unit}`)}</text>`
    );
  });
  return svg(name, left + width + 110, ROW * all.length, bars);
}

/** Runs side by side, oldest first: how many checks passed, did not concern the cloud, failed. */
export function historySvg(runs: readonly ValidationReport[]): string {
  const [height, step] = [90, 22];
  const most = Math.max(...runs.map(({ results }) => results.length), 1);
  const columns = runs.map((run, index) => {
    const { pass, fail, error } = run.counts;
    const parts = [
      ["pass", pass],
      ["none", run.counts["not applicable"]],
      ["fail", fail + error],
    ] as const;
    let y = height;
    const rects = parts.map(([kind, count]) => {
      const size = (count / most) * height;
      y -= size;
      return `<rect x="${index * step}" y="${y.toFixed(1)}" width="${step - 4}" height="${size.toFixed(1)}" class="${kind}"/>`;
    });
    const title = `${run.startedAt}: ${run.readiness}, ${pass} passed, ${fail + error} failed`;
    return `<g><title>${escapeMarkup(title)}</title>${rects.join("")}</g>`;
  });
  return svg("history of runs", Math.max(runs.length * step, step), height, columns);
}

function svg(name: string, width: number, height: number, parts: readonly string[]): string {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeMarkup(name)}" ${size}>${parts.join("")}</svg>`;
}
