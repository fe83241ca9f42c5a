// SPDX-License-Identifier: Apache-2.0
import { inNamespace } from "../../../lab/hosts/layout";
import { run } from "../../../lab/hosts/run";
import type { CloudUnderTest } from "../../helpers/e2e";

const CERTIFICATE = "/etc/opennebula-scaleway/tls/fullchain.pem";

const AGES = "/var/lib/prometheus/node-exporter/opennebula_scaleway_secrets.prom";
const PROBE = "ask-oned";
/** Asks oned four times a second as oneadmin, and says when it does not answer or refuses. */
const ASK_ONED = [
  "import time, xmlrpc.client",
  "while True:",
  "    try:",
  '        session = open("/var/lib/one/.one/one_auth").read().strip()',
  '        if not xmlrpc.client.ServerProxy("http://127.0.0.1:2633/RPC2").one.user.info(session, -1)[0]:',
  '            print("refused", flush=True)',
  "    except Exception as error:",
  "        print(type(error).__name__, flush=True)",
  "    time.sleep(0.25)",
].join("\n");

/** The TLS proxy as clients see it, and a key that is rotated under it. */
export function tlsAndSecrets(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  const onFrontend = (script: string): Promise<string> => lab.exec("fe", ["bash", "-c", script]);
  /** The authority's certificate is the second of the chain. */
  const authority = `<(awk '/BEGIN/ { n++ } n == 2' ${CERTIFICATE})`;

  describe("the TLS proxy", () => {
    test("one redirect leads to FireEdge over HTTPS, under a certificate of the stack's authority", async () => {
      expect(cloud.isUp).toBe(true);
      const answer = await onFrontend(
        `curl -sS --location --max-redirs 2 --cacert ${authority} --write-out ' %{num_redirects} %{url_effective}' http://fe.cloud.internal/fireedge/`,
      );
      expect(answer).toMatch(/FireEdge .*healthy\s+1 https:\/\/fe\.cloud\.internal\/fireedge\/$/);
    }, 60_000);

    test("speaks TLS 1.2 and 1.3, and nothing older", async () => {
      const spoken = await onFrontend(
        [
          "for version in tls1 tls1_1 tls1_2 tls1_3; do",
          "  if openssl s_client -connect 127.0.0.1:443 -$version -cipher ALL:@SECLEVEL=0 </dev/null >/dev/null 2>&1; then",
          "    echo $version; fi; done",
        ].join("\n"),
      );
      expect(spoken.trim().split("\n")).toEqual(["tls1_2", "tls1_3"]);
    }, 60_000);

    test("the XML-RPC API answers over TLS on the management address", async () => {
      const call = "<?xml version='1.0'?><methodCall><methodName>one.system.version</methodName></methodCall>";
      const answer = await onFrontend(
        `curl -sS --cacert ${authority} --data "${call}" -H 'content-type: text/xml' https://fe.cloud.internal:2633/RPC2`,
      );
      expect(answer).toContain("methodResponse");
    }, 60_000);
  });

  describe("the pages of monitoring", () => {
    interface Pages {
      prometheus: string;
      alertmanager: string;
      username: string;
      password: string;
    }
    const { operator, publicZone } = lab.layout.namespaces;

    const pagesOfStack = async (): Promise<Pages> =>
      ((await lab.outputs({ showSecrets: true })) as { monitoring: Pages }).monitoring;
    /** Status and text of a page, as curl in that place sees it; a login goes in by standard input. */
    const asked = async (namespace: string, url: string, login?: string): Promise<string> => {
      const config = login === undefined ? "" : `user = "${login}"\n`;
      const words = [
        "curl",
        "-sS",
        "--insecure",
        "--location",
        "--max-time",
        "20",
        "--config",
        "-",
        "--write-out",
        " %{http_code}",
        url,
      ];
      return run(inNamespace(namespace, words), { input: config });
    };

    test("are there for the login from the administrators' network, and for nobody else", async () => {
      const { username, password, prometheus, alertmanager } = await pagesOfStack();
      const login = `${username}:${password}`;
      expect(await asked(operator, prometheus, login)).toMatch(/<title>Prometheus[^]* 200$/);
      expect(await asked(operator, alertmanager, login)).toMatch(/<title>Alertmanager[^]* 200$/);
      for (const page of [prometheus, alertmanager]) {
        expect(await asked(operator, page)).toMatch(/ 401$/);
        expect(await asked(publicZone, page, login)).toMatch(/ 403$/);
      }
    }, 60_000);

    test("take a rotated password at once, and the old one no more", async () => {
      const { username, password, prometheus } = await pagesOfStack();
      const { stdout, code } = await cloud.cli(["rotate", "monitoring-password", "--json"]);
      expect(JSON.parse(stdout)).toEqual([
        expect.objectContaining({ name: "monitoring-password", verdict: "rotated" }),
      ]);
      expect(code).toBe(0);
      expect(await asked(operator, prometheus, `${username}:${password}`)).toMatch(/ 401$/);
    }, 180_000);
  });

  describe("secrets", () => {
    test("the inventory knows every credential of the stack", async () => {
      const { code, stdout } = await cloud.cli(["secrets", "list", "--json"]);
      expect((JSON.parse(stdout) as { unknown: string[] }).unknown).toEqual([]);
      expect(code).toBe(0);
    }, 60_000);

    test("all are rotated one after the other while oned goes on answering, and the program has nothing left to do", async () => {
      const key = `openssl x509 -noout -pubkey -in ${CERTIFICATE}`;
      const before = await onFrontend(key);
      // The password of the repository is rotated in it.
      await cloud.succeed(["backup", "run", "configuration"]);
      await lab.exec("fe", ["systemd-run", "--quiet", `--unit=${PROBE}`, "python3", "-I", "-c", ASK_ONED]);
      const { stdout, code } = await cloud.cli(["rotate", "--all", "--json"]);
      const results = JSON.parse(stdout) as { name: string; verdict: string; reason?: string }[];
      const refused = await lab.exec("fe", [
        "sh",
        "-c",
        `systemctl stop ${PROBE}; journalctl -q _SYSTEMD_UNIT=${PROBE}.service -o cat`,
      ]);
      expect(results.filter(({ verdict }) => verdict === "failed")).toEqual([]);
      expect(code).toBe(0);
      expect(results.flatMap(({ name, verdict }) => (verdict === "absent" ? [name] : []))).toEqual([
        "acme-account-key",
        "public-tls-key",
      ]);
      // oned reads the password of its database at its start: for that it restarts once, in less than five seconds.
      expect(refused.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(20);
      expect(await onFrontend(key)).not.toBe(before);
      const ages = await onFrontend(`systemctl start opennebula-scaleway-secret-age && cat ${AGES}`);
      const since = [...ages.matchAll(/^\w+\{credential="([^"]+)"\} (\d+)$/gm)];
      expect(since.length).toBeGreaterThanOrEqual(10);
      // Ten minutes are the whole test.
      for (const [, name, second] of since)
        expect([name, Number(second) > Date.now() / 1000 - 600]).toEqual([name, true]);
      expect((await cloud.status()).healthy).toBe(true);
      await cloud.succeed(["backup", "run", "configuration"]);
      const { output } = await cloud.succeed(["up"]);
      expect(output).toMatch(/0 created, 0 updated, 0 deleted/);
    }, 600_000);
  });
}
