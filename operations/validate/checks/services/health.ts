// SPDX-License-Identifier: Apache-2.0
import { bindAddress, services, type ServiceName } from "../../../../catalogue";
import { judge, type Check, type Measurement } from "../../check";
import { figure, lines } from "../../text";

/** What answers over HTTP, and where; any answer below 500 is one. */
const PROBES: readonly (readonly [ServiceName, string])[] = [
  ["fireedge", "/"],
  ["onegate", "/"],
  ["oneflow", "/service"],
];

const MAX_SECONDS = 5;

export const health: Check = {
  id: "services/health",
  title: "oned, FireEdge, OneGate, OneFlow and the database answer",
  area: "services",
  severity: "critical",
  seconds: 60,
  cure: "see the unit's log on the front-end; a service that is active and does not answer is stuck or still starting",
  async run({ cloud, signal }) {
    const { name, managementAddress } = cloud.frontend;
    const probes = PROBES.map(([service, path]) => {
      const url = `http://${bindAddress(service, managementAddress)}:${services[service].port}${path}`;
      return `printf '%s ' ${service}; curl -s -o /dev/null -m ${MAX_SECONDS} -w '%{http_code} %{time_total}\\n' ${url} || true`;
    });
    const database =
      "printf 'mariadb '; mariadb-admin --connect-timeout=5 ping >/dev/null 2>&1 && echo '200 0' || echo '000 0'";
    const started = performance.now();
    const [answers, version] = await Promise.all([
      cloud.root(name, [...probes, database].join("\n")),
      cloud.oned.version({ signal, deadlineSeconds: MAX_SECONDS * 2 }),
    ]);
    const onedSeconds = (performance.now() - started) / 1000;
    const parsed = lines(answers).map((line) => line.split(" "));
    const problems = parsed
      .filter(([, code]) => !(Number(code) >= 200 && Number(code) < 500))
      .map(([service, code]) => `${service} ${code === "000" ? "does not answer" : `answers with status ${code}`}`);
    const measurements = parsed.map(([service = "", , seconds]): Measurement => {
      return { name: "answer time", from: service, value: Number(seconds) * 1000, unit: "ms" };
    });
    const evidence = [
      `oned ${version} answers through SSH in ${figure(onedSeconds)} s`,
      ...parsed.map(([service, code, seconds]) => `${service}: status ${code} in ${figure(Number(seconds) * 1000)} ms`),
    ];
    return judge(problems, evidence, { threshold: `an answer below status 500 within ${MAX_SECONDS} s`, measurements });
  },
};
