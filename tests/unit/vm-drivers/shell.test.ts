// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshShell } from "../../../lab/opennebula/drivers/shell";

test("both ends of a pipe of scripts: the first reads its own input, and what it says arrives", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shell-pipe-"));
  try {
    const file = join(folder, "arrived");
    const from = { text: 'read -r word; printf "%s" "$word and $1"', args: ["more"], input: "secret\n" };
    await sshShell.pipe([undefined, from], [undefined, { text: 'cat >"$1"', args: [file] }]);
    expect(readFileSync(file, "utf8")).toBe("secret and more");
    const failing = { text: "echo no room >&2; exit 3" };
    await expect(sshShell.pipe([undefined, from], [undefined, failing])).rejects.toThrow("front-end: no room");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
