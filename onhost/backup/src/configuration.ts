// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import type { Content } from "./manifest";
import type { Settings } from "./settings";
import type { Stage } from "./stage";

export const ARCHIVE = "configuration.tar.zst";

/** tar ends with 1 when a file changed while it was read; the archive holds it as it was read. */
const CHANGED_WHILE_READ = 1;

/** Archives what makes the host what it is. */
export async function stageConfiguration(settings: Settings, stage: Stage): Promise<Content> {
  const paths = settings.paths.filter((path) => existsSync(path)).map((path) => path.slice(1));
  if (paths.length === 0) throw new Error(`none of ${settings.paths.join(", ")} is there`);
  const takenAt = Date.now() / 1000;
  const words = [
    "tar",
    "--create",
    "--numeric-owner",
    "--sort=name",
    "--one-file-system",
    "--warning=no-file-ignored",
    "--directory=/",
    "--file=-",
    ...paths,
  ];
  const artefact = await stage.add(ARCHIVE, [{ words, accept: [0, CHANGED_WHILE_READ] }]);
  return { takenAt, artefacts: [artefact] };
}
