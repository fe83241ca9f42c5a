// SPDX-License-Identifier: Apache-2.0
import type { CloudUnderTest } from "../../helpers/e2e";

const NAME = "made-after-the-dump";

/** The database comes back from the object storage, with what was written after its dump. */
export function backups(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  const oned = (command: string): Promise<string> =>
    lab.exec("fe", ["su", "-s", "/bin/sh", "oneadmin", "-c", command], { timeoutSeconds: 60 });
  const done = async (...words: string[]): Promise<string> => {
    const { code, output } = await cloud.cli(words);
    if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}:\n${output}`);
    return output;
  };

  describe("backups", () => {
    test("a restore of the database brings back what was written after the dump", async () => {
      expect(cloud.isUp).toBe(true);
      await done("backup", "run", "database");
      await oned(`onegroup create ${NAME}`);
      await done("backup", "run", "binlog");
      const before = await oned("onegroup list");
      expect(before).toContain(NAME);
      await oned(`onegroup delete ${NAME}`);
      expect(await oned("onegroup list")).not.toContain(NAME);
      const started = Date.now();
      console.log(await done("restore", "database"));
      console.log(`recovery time of the database, as a person sees it: ${(Date.now() - started) / 1000} s`);
      expect(await oned("onegroup list")).toBe(before);
      await oned(`onegroup delete ${NAME}`);
    }, 300_000);
  });
}
