// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostRole, services } from "../catalogue";
import { subjects } from "../tools/dashboards";
import { dashboardData, type Ask } from "../tools/dashboards/data";
import { dashboardPicture } from "../tools/dashboards/picture";
import { picturePage, type Picture } from "../tools/dashboards/page";
import type { Lab } from "./lab";

/** Points of a picture. */
const POINTS = 240;

/** The lab's Prometheus, asked on its front-end. */
export function askPrometheus(lab: Lab): Ask {
  const hosts = Object.entries(lab.stackHosts);
  const [frontend] = hosts.find(([, { roles }]) => roles.includes(HostRole.Frontend))!;
  const url = `http://127.0.0.1:${services.prometheus.port}/prometheus`;
  return (path) => lab.exec(frontend, ["curl", "-sS", "--max-time", "30", `${url}/${path}`], { timeoutSeconds: 60 });
}

/** Every dashboard as a picture of what the lab's Prometheus knows of the last minutes. */
export async function drawDashboards(lab: Lab, minutes: number): Promise<Picture[]> {
  const ask = askPrometheus(lab);
  const seconds = minutes * 60;
  const time = { end: Math.floor(Date.now() / 1000), seconds, step: Math.max(1, Math.round(seconds / POINTS)) };
  const pictures: Picture[] = [];
  for (const subject of subjects) {
    const { uid, title } = subject;
    pictures.push({ uid, title, svg: await dashboardPicture(subject, await dashboardData(subject, ask, time)) });
  }
  return pictures;
}

/**
 * Writes them as one page that needs nothing else, and each by itself.
 *
 * @returns the page's file.
 */
export function writePictures(pictures: Picture[], folder: string, about: string): string {
  mkdirSync(folder, { recursive: true });
  for (const { uid, svg } of pictures) writeFileSync(join(folder, `${uid}.svg`), svg);
  const page = join(folder, "index.html");
  writeFileSync(page, picturePage(pictures, about));
  return page;
}
