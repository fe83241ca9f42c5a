// SPDX-License-Identifier: Apache-2.0
// The program that runs on hosts, with a stand-in for `nft` that keeps what it is told.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const program = resolve(__dirname, "../../../onhost/firewall/firewall.py");
let root: string;

const NFT = `#!/bin/sh
# Rules are a file; a listing of them is what was loaded, or what somebody else made of it.
case "$*" in
  "-f -") cat >"$FIREWALL_ROOT/script"; grep -q '^table' "$FIREWALL_ROOT/script" && cp "$FIREWALL_ROOT/script" "$FIREWALL_ROOT/kernel"; exit 0 ;;
  *list*) test -e "$FIREWALL_ROOT/kernel" && grep '^table' "$FIREWALL_ROOT/kernel" ;;
  *delete*) rm "$FIREWALL_ROOT/kernel" ;;
esac
`;

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function run(word: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync("python3", ["-I", "-B", program, word], {
    encoding: "utf8",
    env: { PATH: `${root}/bin:${process.env.PATH}`, FIREWALL_ROOT: root },
  });
  return { status, output: stdout + stderr };
}

const sent = (): string => readFileSync(join(root, "script"), "utf8");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "firewall-"));
  put("bin/nft", NFT);
  put("bin/chronyc", '#!/bin/sh\necho "^,*,192.0.2.44,2,6,377,1,0,0,0"\n');
  chmodSync(join(root, "bin/nft"), 0o755);
  chmodSync(join(root, "bin/chronyc"), 0o755);
  put("etc/opennebula-scaleway/firewall.nft", "table one\n");
  put("etc/opennebula-scaleway/destinations.json", JSON.stringify({ names: [], host: ["resolvers"] }));
  put("etc/resolv.conf", "nameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n");
});
afterEach(() => rmSync(root, { recursive: true }));

test("rules and what is known of the destinations are loaded in one step", () => {
  expect(run("load")).toEqual({ status: 0, output: "" });
  expect(sent()).toMatch(
    /^table one\nadd element inet opennebula_scaleway destinations4 \{ 192\.0\.2\.53 \. tcp \. 53/,
  );
  expect(sent()).toContain("destinations6 { 2001:db8::53 . tcp . 53");
  expect(sent()).not.toContain("127.0.0.53");
  expect(run("verify")).toEqual({ status: 0, output: "" });
});

test("apt's sources in both notations, names on this machine, and what chrony talks to", () => {
  put("etc/opennebula-scaleway/destinations.json", JSON.stringify({ host: ["packages", "timeServers"] }));
  put("etc/apt/sources.list", "deb [arch=amd64] http://192.0.2.80/debian stable main\n# deb http://192.0.2.81/x y z\n");
  put("etc/apt/sources.list.d/a.sources", "URIs: https://192.0.2.82:8443/debian\nSuites: stable\n");
  run("load");
  run("refresh");
  const entries = [...sent().matchAll(/(\d[\d.]+ \. \w+ \. \d+)/g)].map(([entry]) => entry).sort();
  expect(entries).toEqual(["192.0.2.44 . udp . 123", "192.0.2.80 . tcp . 80", "192.0.2.82 . tcp . 8443"]);
});

test("a name's former addresses stay for a while, an undeclared destination ends at once", () => {
  put(
    "etc/opennebula-scaleway/destinations.json",
    JSON.stringify({ names: [{ host: "localhost.invalid", port: 443, protocols: ["tcp"] }] }),
  );
  const now = Math.floor(Date.now() / 1000);
  const rows = [
    ["localhost.invalid", "192.0.2.1", "tcp", 443, now - 3600],
    ["localhost.invalid", "192.0.2.2", "tcp", 443, now - 7 * 3600],
    ["former.invalid", "192.0.2.3", "tcp", 443, now],
  ];
  put("var/lib/opennebula-scaleway-firewall/seen.json", JSON.stringify(rows));
  run("load");
  expect(sent()).toMatch(/192\.0\.2\.1 \. tcp \. 443 timeout 1(799|80)\d+s/);
  expect(sent()).not.toMatch(/192\.0\.2\.[23]/);
});

test("what somebody did to the rules is told, and undone with the rules that were loaded, not with new ones", () => {
  run("load");
  rmSync(join(root, "kernel"));
  expect(run("verify")).toMatchObject({
    status: 1,
    output: expect.stringContaining("not those that were loaded") as string,
  });
  put("etc/opennebula-scaleway/firewall.nft", "table two\n");
  expect(run("refresh").output).toContain("loaded again");
  expect(sent()).toMatch(/^table one/);
  expect(run("verify")).toMatchObject({ status: 1, output: expect.stringContaining("another version") as string });
});

test("unload takes the rules away, and nothing brings them back", () => {
  run("load");
  expect(run("unload").status).toBe(0);
  expect(run("refresh").status).toBe(0);
  expect(existsSync(join(root, "kernel"))).toBe(false);
});
