// SPDX-License-Identifier: Apache-2.0
import { Bind } from "../../../../catalogue";
import { judge, notApplicable, type Check, type Measurement } from "../../check";
import { servicesOwnedBy } from "../../layers";
import { figure, keyValues } from "../../text";

const MIN_DAYS = 14;

/** The authority comes on standard input; without one, those that the system knows are trusted. Old protocols are offered with the lowest security level: otherwise the client refuses them itself, and nothing is tested. */
const script = (address: string, port: number, name: string): string => `
ca=$(mktemp); trap 'rm -f "$ca"' EXIT; cat >"$ca"
open() { timeout 10 openssl s_client -connect ${address}:${port} -servername ${name} "$@" </dev/null 2>/dev/null; }
if [ -s "$ca" ]; then answer=$(open -CAfile "$ca" -no-CApath -showcerts || true)
else answer=$(open -CApath /etc/ssl/certs -showcerts || true); fi
echo "verify=$(printf '%s\n' "$answer" | sed -n 's/^ *Verify return code: //p' | tail -n 1)"
echo "end=$(printf '%s\n' "$answer" | openssl x509 -noout -enddate 2>/dev/null | cut -d= -f2)"
for old in tls1 tls1_1; do
  if open -$old -cipher 'DEFAULT@SECLEVEL=0' | grep -q '^ *Cipher *: [A-Z]'; then echo "$old=accepted"; else echo "$old=refused"; fi
done
for new in tls1_2 tls1_3; do
  if open -$new | grep -q 'BEGIN CERTIFICATE'; then echo "$new=accepted"; else echo "$new=refused"; fi
done`;

export const endpoints: Check = {
  id: "tls/endpoints",
  title: "TLS endpoints show a certificate that is trusted and lasts, and refuse old protocols",
  area: "tls",
  severity: "critical",
  seconds: 90,
  cure: "see the unit that renews certificates on the front-end (docs/security/tls.md); `rotate tls-proxy-key` makes a new one of the stack's own authority",
  async run({ cloud }) {
    const secure = servicesOwnedBy("tls").filter(
      ([, { bind, protocols }]) => bind !== Bind.Loopback && protocols.includes("tcp"),
    );
    if (secure.length === 0) return notApplicable("no service of this cloud speaks TLS");
    const { name, managementAddress } = cloud.frontend;
    const full = `${name}.${cloud.config.domain}`;
    const listening = await cloud.root(name, "ss -Hltn");
    const answers = await Promise.all(
      secure
        .filter(([, { port }]) => listening.includes(`:${port} `))
        .map(async ([service, { port }]) => {
          const found = keyValues(
            await cloud.root(name, script(managementAddress, port, full), cloud.certificateAuthority, 80),
          );
          return { service, found };
        }),
    );
    // Port 80 only sends people on to 443.
    const spoken = answers.filter(({ found }) => found.end !== "");
    if (spoken.length === 0) return notApplicable("no service of this cloud speaks TLS");
    const days = (end: string | undefined): number => (Date.parse(end ?? "") - Date.now()) / 86_400_000;
    const problems = spoken.flatMap(({ service, found: { verify = "", end, ...protocols } }) => [
      ...(verify.startsWith("0 ") ? [] : [`${service}: the certificate is not trusted: ${verify || "no answer"}`]),
      ...(days(end) < MIN_DAYS ? [`${service}: the certificate ends in ${figure(days(end))} days`] : []),
      ...["tls1", "tls1_1"]
        .filter((old) => protocols[old] === "accepted")
        .map((old) => `${service}: accepts ${old.replace("_", ".")}`),
      ...(["tls1_2", "tls1_3"].some((one) => protocols[one] === "accepted")
        ? []
        : [`${service}: neither TLS 1.2 nor 1.3 works`]),
    ]);
    const measurements = spoken.map(({ service, found: { end } }): Measurement => {
      return { name: "days until certificates end", from: service, value: days(end), unit: "days" };
    });
    return judge(
      problems,
      spoken.map(({ service, found: { end = "" } }) => `${service}: until ${end}`),
      {
        threshold: `trusted, ${MIN_DAYS} days left, TLS 1.2 or later only`,
        measurements,
      },
    );
  },
};
