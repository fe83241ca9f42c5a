// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { services } from "../catalogue";
import { subjects } from "../tools/dashboards";
import { dashboardData, type Ask, type PanelData } from "../tools/dashboards/data";
import { dashboardPicture } from "../tools/dashboards/picture";
import type { Lab } from "./lab";

/** How a dashboard went: what of it was drawn, and which panels had no data. */
export interface DashboardDrawn {
  uid: string;
  file: string;
  panels: number;
  /** Titles of panels without data, and whether they may be. */
  empty: { title: string; expected: boolean }[];
}

/** Prometheus of a lab, asked on its front-end. */
export function prometheusOf(lab: Lab): Ask {
  const root = `http://127.0.0.1:${services.prometheus.port}/prometheus`;
  return (query) =>
    lab.exec("fe", ["curl", "--silent", "--max-time", "30", `${root}/${query}`], { timeoutSeconds: 40 });
}

/**
 * Draws every dashboard from what the lab's Prometheus has of the last minutes.
 *
 * @param folder - where the SVG files go.
 */
export async function drawDashboards(lab: Lab, folder: string, minutes = 15): Promise<DashboardDrawn[]> {
  mkdirSync(folder, { recursive: true });
  const time = { end: Math.floor(Date.now() / 1000), seconds: minutes * 60, step: 15 };
  const drawn: DashboardDrawn[] = [];
  for (const subject of subjects) {
    const data = await dashboardData(subject, prometheusOf(lab), time);
    const file = path.join(folder, `${subject.uid}.svg`);
    writeFileSync(file, await dashboardPicture(subject, data));
    drawn.push({ uid: subject.uid, file, panels: data.length, empty: data.filter(isEmpty).map(emptyPanel) });
  }
  return drawn;
}

function isEmpty({ series }: PanelData): boolean {
  return series.every(({ points }) => points.length === 0);
}

function emptyPanel({ panel }: PanelData): DashboardDrawn["empty"][number] {
  return { title: panel.title, expected: panel.mayBeEmpty !== undefined };
}
