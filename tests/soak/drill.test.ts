// SPDX-License-Identifier: Apache-2.0
// `npm run test:soak`: the front-end is destroyed and comes back on a fresh machine from its backup alone.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ports } from "../../lab/hosts/layout";
import { CloudUnderTest, describeAsRoot } from "../helpers/e2e";

describeAsRoot("a front-end that is lost", () => {
  const cloud = new CloudUnderTest(`soak-drill-${process.pid}`);
  const { lab } = cloud;
  const oned = (command: string): Promise<string> =>
    lab.exec("fe", ["su", "-s", "/bin/sh", "oneadmin", "-c", command], { timeoutSeconds: 60 });
  const kinds = "cluster group host hook image market secgroup template user vdc vmgroup vnet vntemplate vrouter zone";
  const everything = (): Promise<string> =>
    oned(`for kind in ${kinds}; do echo "== $kind"; one$kind list || exit 1; done`);
  let before = "";
  let lostAt = 0;

  beforeAll(async () => {
    await cloud.succeed([], { timeoutSeconds: 1200 });
    cloud.isUp = true;
  }, 1_220_000);
  afterAll(() => cloud.end(), 180_000);

  test("is backed up, and a host that answers is not forgotten", async () => {
    for (let number = 0; number < 20; number++) await oned(`onegroup create drill-${number}`);
    await cloud.succeed(["backup", "run"]);
    await oned("onegroup create after-the-dump");
    await cloud.succeed(["backup", "run", "binlog"]);
    before = await everything();
    expect(before).toContain("after-the-dump");
    const { code, output } = await cloud.cli(["forget-host", "fe"]);
    expect(code).toBe(2);
    expect(output).toContain("answers, so it is not lost");
  }, 600_000);

  test("comes back with every object that it had", async () => {
    const { secretKey } = JSON.parse(readFileSync(join(lab.layout.directory, "credentials.json"), "utf8")) as {
      secretKey: string;
    };
    const { id } = lab.machine("fe").record!;
    const url = `http://127.0.0.1:${ports.emulator}/baremetal/v1/zones/fr-par-2/servers/${id}`;
    const script = `fetch(process.argv[1], { method: "DELETE", headers: { "X-Auth-Token": process.argv[2] } })
      .then((answer) => { process.exitCode = answer.ok ? 0 : 1; })`;
    expect((await lab.onOperator([process.execPath, "-e", script, url, secretKey])).code).toBe(0);
    lostAt = Date.now();
    await cloud.succeed(["forget-host", "fe"]);
    await cloud.succeed(["up"], { timeoutSeconds: 1200 });
    await cloud.succeed(["restore", "database"]);
    console.log(`recovery time of the front-end: ${((Date.now() - lostAt) / 1000).toFixed(0)} s`);
    expect(await everything()).toBe(before);
  }, 1_800_000);

  test("is then as the program wants it", async () => {
    const { output } = await cloud.succeed(["up"], { timeoutSeconds: 600 });
    expect(output).toMatch(/0 created, 0 updated, 0 deleted/);
    await oned("onehost sync --force");
    expect((await cloud.cli(["drift"])).code).toBe(0);
  }, 1_200_000);
});
