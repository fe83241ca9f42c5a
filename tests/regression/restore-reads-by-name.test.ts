// SPDX-License-Identifier: Apache-2.0
// A restore asked a host for `<name>.age`, to which the host's program added another `.age`: no restore found its files.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../onhost/backup/src/backup";
import { withFiles } from "../../operations/backup/files";
import { BackupWorld } from "../unit/backup/world";

test("a file is read by its name in the manifest through the host's own program", async () => {
  const world = new BackupWorld();
  try {
    await world.start();
    mkdirSync(join(world.folder, "etc"));
    writeFileSync(join(world.folder, "etc", "host.conf"), "as it was\n");
    await backUp(world.settings, "configuration");
    const settings = join(world.folder, "settings.json");
    writeFileSync(settings, JSON.stringify(world.settings));
    const program = join(__dirname, "../../onhost/backup/src/main.ts");
    const read = async function* (...words: string[]): AsyncGenerator<Buffer> {
      const child = spawn(process.execPath, ["--import", "tsx", program, "read", ...words, "--settings", settings]);
      yield* child.stdout;
    };
    const { steps } = await world.plan("configuration");
    let bytes = 0;
    await withFiles(steps, read, world.identity, async (opened) => {
      for await (const piece of opened(steps[0]!)) bytes += piece.length;
    });
    expect(bytes).toBe(steps[0]!.bytes);
  } finally {
    await world.end();
  }
}, 60_000);
