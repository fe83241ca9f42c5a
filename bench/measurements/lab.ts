// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from "node:fs";
import { Lab, type DeployResult } from "../../lab/lab";
import { setInCloud } from "../../lab/stack-file";
import { row, timed, type Row } from "../rows";
import { dayTwoRows, measureDayTwo, type DayTwo } from "./day-two";

/** Seconds of a fresh deployment, by whether base file system and packages are cached. */
const FRESH_SECONDS = { cold: 300, warm: 120 };
/** How many times faster than a fresh deployment one without changes is. */
const FASTER = 30;

interface Measured {
  cache: "cold" | "warm";
  freshSeconds: number;
  noOpSeconds: number;
  noOpLogins: number;
  resources: number;
  firewallSeconds: number;
  firewallLogins: number;
  hosts: number;
  dayTwo: DayTwo;
}

/** The figures of a whole cloud; all of them not measured where no lab can run. */
export function labRows(measured: Measured | undefined): Row[] {
  const cache = measured?.cache ?? "warm";
  const ratio = measured === undefined ? undefined : measured.freshSeconds / measured.noOpSeconds;
  const logins = measured === undefined ? undefined : measured.firewallLogins / measured.hosts;
  return [
    row(`fresh deployment, ${cache} cache`, measured?.freshSeconds, "s", { atMost: FRESH_SECONDS[cache] }),
    row("deployment without changes", measured?.noOpSeconds, "s"),
    row("fresh deployment / one without changes", ratio, "times", { atLeast: FASTER }),
    row("logins of a deployment without changes", measured?.noOpLogins, "logins", { atMost: 0 }),
    row("resources of the stack", measured?.resources, "resources"),
    row("firewall: a changed rule on every host, confirmed", measured?.firewallSeconds, "s"),
    // One that applies and one that confirms.
    row("firewall: logins of that change by host", logins, "logins", { atMost: 2 }),
    ...dayTwoRows(measured?.dayTwo),
  ];
}

/**
 * Deploys the lab's stack twice, then with another rule of its firewall, and runs what people do on the second day, on a lab of its own
 * that is gone afterwards. @param note - told what is being measured
 */
export async function measureLab(note: (text: string) => void): Promise<Measured> {
  const lab = new Lab({ name: `bench-${process.pid}` });
  const { cacheDirectory } = lab.layout;
  const cached = existsSync(cacheDirectory) && readdirSync(cacheDirectory).some((entry) => entry.startsWith("base-"));
  const end = (): Promise<void> => lab.down({ wipe: true });
  const interrupted = (): void => void end().finally(() => process.exit(130));
  process.once("SIGINT", interrupted);
  try {
    note("fresh deployment");
    const freshSeconds = await timed(async () => {
      await lab.start();
      demand(await lab.up());
      if (!(await lab.status()).healthy) throw new Error("the lab is not healthy after its first deployment");
    });
    note("deployment without changes");
    const noOpSeconds = await timed(async () => demand(await lab.up()));
    const { stack } = await lab.status();
    const { created, updated, deleted, logins } = stack.lastUpdate;
    if (created + updated + deleted > 0) throw new Error("the second deployment changed something");
    note("a changed rule of the firewall");
    setInCloud(lab.stackFile, ["security", "firewall", "sshPerMinute"], 119);
    const firewallSeconds = await timed(async () => demand(await lab.up()));
    const { logins: firewallLogins } = (await lab.status()).stack.lastUpdate;
    return {
      cache: cached ? "warm" : "cold",
      freshSeconds,
      noOpSeconds,
      noOpLogins: logins,
      resources: stack.resources,
      firewallSeconds,
      firewallLogins,
      hosts: Object.keys(lab.stackHosts).length,
      dayTwo: await measureDayTwo(lab, note),
    };
  } finally {
    process.removeListener("SIGINT", interrupted);
    await end();
  }
}

function demand(result: DeployResult): void {
  if (result.exitCode !== 0) throw new Error(`the deployment failed:\n${result.diagnostics.join("\n")}`);
}
