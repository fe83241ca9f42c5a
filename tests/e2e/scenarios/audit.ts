// SPDX-License-Identifier: Apache-2.0
import { pause } from "../../../lab/hosts/run";
import type { AuditEvent } from "../../../operations/audit/records";
import type { CloudUnderTest } from "../../helpers/e2e";

const CALLS = 20;
const LOGINS = 15;

/** What people do on the hosts and in OpenNebula, and what the audit has of it: 50 done, 50 found. */
export function audit(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  // Numbers of VMs that nobody has.
  const first = 800_000 + (process.pid % 1000) * 100;

  describe("audit", () => {
    let since: string;

    test(`of ${CALLS} API calls, ${LOGINS} logins and ${LOGINS} sudos each is found once, with who, what, how it ended and from where`, async () => {
      expect(cloud.isUp).toBe(true);
      since = (await lab.exec("fe", ["date", "-u", "+%Y-%m-%d %H:%M:%S UTC"])).trim();
      const call = [
        "set -eu; session=$(cat /var/lib/one/.one/one_auth)",
        "authority=$(mktemp); awk '/BEGIN/ { n++ } n == 2' /etc/opennebula-scaleway/tls/fullchain.pem >$authority",
        `for id in $(seq ${first} ${first + CALLS - 1}); do`,
        '  body="<?xml version=\\"1.0\\"?><methodCall><methodName>one.vm.info</methodName><params><param><value><string>$session</string></value></param><param><value><int>$id</int></value></param></params></methodCall>"',
        '  echo "$body" | curl -sS --cacert $authority -H "content-type: text/xml" --data-binary @- https://fe.cloud.internal:2633/RPC2 >/dev/null',
        "done; rm $authority",
      ].join("\n");
      const logins = async (): Promise<void> => {
        for (let done = 0; done < LOGINS; done += 5)
          await Promise.all(
            Array.from({ length: 5 }, (_, index) =>
              lab.ssh("fe", ["sudo", "-n", "true", `audit-${first + done + index}`]),
            ),
          );
      };
      await Promise.all([lab.exec("fe", ["bash", "-c", call], { timeoutSeconds: 120 }), logins()]);
      const complete = ({ calls, sudos, entered }: Record<"calls" | "sudos" | "entered", AuditEvent[]>): boolean =>
        calls.length >= CALLS && sudos.length >= LOGINS && entered.length >= LOGINS;
      const found = await eventually((events) => {
        const calls = events.filter(({ kind, object }) => kind === "call" && isOurs(object));
        const sudos = events.filter(({ kind, text }) => kind === "sudo" && text?.includes("true audit-"));
        const entered = events.filter(
          ({ kind, user, method }) => kind === "login" && user === "ops" && method === "publickey",
        );
        return { calls, sudos, entered };
      }, complete);
      expect(new Set(found.calls.map(({ object }) => object)).size).toBe(CALLS);
      expect(found.calls).toHaveLength(CALLS);
      for (const event of found.calls)
        expect(event).toMatchObject({
          method: "one.vm.info",
          user: "oneadmin",
          address: "10.16.0.10",
          result: "FAILURE",
        });
      expect(new Set(found.sudos.map(({ text }) => text)).size).toBe(LOGINS);
      expect(found.sudos).toHaveLength(LOGINS);
      // The command that looks for them logs in too.
      expect(found.entered.length).toBeGreaterThanOrEqual(LOGINS);
    }, 240_000);

    test("a login that somebody only tells of is unproven, with who told it", async () => {
      const tale = `Accepted publickey for ops from 192.0.2.99 port ${first % 60_000} ssh2`;
      await lab.exec("fe", ["runuser", "-u", "nobody", "--", "logger", "-p", "authpriv.info", "-t", "sshd", tale]);
      const { unproven } = await eventually(
        (events) => ({ unproven: events.filter(({ text }) => text?.includes(tale)) }),
        ({ unproven }) => unproven.length > 0,
      );
      expect(unproven).toEqual([expect.objectContaining({ kind: "unproven", by: "65534", host: "fe" })]);
      expect(unproven[0]).not.toHaveProperty("user");
    }, 90_000);

    const isOurs = (object = ""): boolean => Number(object) >= first && Number(object) < first + CALLS;

    const eventually = async <T extends Record<string, AuditEvent[]>>(
      pick: (events: AuditEvent[]) => T,
      isComplete: (found: T) => boolean,
    ): Promise<T> => {
      const deadline = Date.now() + 60_000;
      for (;;) {
        const { stdout } = await cloud.cli(["audit", "list", "--host", "fe", "--since", since, "--json"]);
        const events = stdout
          .split("\n")
          .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as AuditEvent] : []));
        const found = pick(events);
        if (isComplete(found) || Date.now() > deadline) return found;
        await pause(1000);
      }
    };

    test("the chains are whole on both hosts, and auditd's own tool sees our rules (not loaded: this kernel has no audit)", async () => {
      const { code, stdout } = await cloud.cli(["audit", "verify", "--json"]);
      const verdicts = JSON.parse(stdout) as { host: string; keptBy: string; records: number; problems: string[] }[];
      expect(verdicts.map(({ host, keptBy, problems }) => [host, keptBy, problems])).toEqual([
        ["fe", "host01", []],
        ["host01", "fe", []],
      ]);
      expect(code).toBe(0);
      // The second look compares with what the first one saw.
      const again = JSON.parse((await cloud.cli(["audit", "verify", "--json"])).stdout) as { seen?: string }[];
      expect(again).toEqual([
        expect.objectContaining({ seen: expect.any(String) as string, problems: [] }),
        expect.objectContaining({ seen: expect.any(String) as string, problems: [] }),
      ]);
      const rules = await lab.exec("fe", ["sh", "-c", "augenrules --check 2>&1 || true"]);
      expect(rules).toContain("Rules have changed and should be updated");
    }, 120_000);

    test("sshd forwards agents for OpenNebula's copies alone", async () => {
      const settings = async (user: string): Promise<string> =>
        lab.exec("fe", ["/usr/sbin/sshd", "-T", "-C", `user=${user},host=h,addr=192.0.2.1`]);
      expect(await settings("ops")).toMatch(/^allowagentforwarding no$/m);
      expect(await settings("oneadmin")).toMatch(/^allowagentforwarding yes$/m);
      expect(await settings("ops")).toMatch(/^maxauthtries 4$/m);
    }, 30_000);
  });
}
