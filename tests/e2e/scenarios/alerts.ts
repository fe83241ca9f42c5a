// SPDX-License-Identifier: Apache-2.0
import { services } from "../../../catalogue";
import { pause } from "../../../lab/hosts/run";
import { messages, type Message } from "../../../lab/inbox";
import type { CloudUnderTest } from "../../helpers/e2e";
import { boundTo } from "../support/units";

/** A small file system of its own; the hosts' roots lie on the machine's disk. */
const SMALL = { image: "/var/tmp/alerts-scenario.img", mountpoint: "/srv/alerts-scenario" };
const LOAD_UNIT = "alerts-scenario-load";
const BROKEN_VM = "alerts-scenario";

/** Whoever wants to know how long a message took. */
type Took = Record<string, string>;

/** How long things may take with the `timeScale` of the stack file. */
export interface AlertTimes {
  /** Seconds until a message must have come. Machines that run tests are slow: it is no promise. */
  message: number;
  /** Seconds for which the CPU is loaded. */
  load: number;
}

/**
 * Faults for real, and what people hear of them: by mail, by chat, and from the second place that watches the watchers.
 *
 * @param deadMan - whether the second place is asked too: the lab's loses patience in seconds.
 */
export function alerts(
  cloud: CloudUnderTest,
  times: AlertTimes = { message: 120, load: 60 },
  deadMan: boolean = true,
): void {
  const { lab } = cloud;
  const took: Took = {};
  const on = (host: string, script: string): Promise<string> =>
    lab.exec(host, ["bash", "-euc", script], { timeoutSeconds: 60 });
  const asOneadmin = (argv: string[], input = ""): Promise<string> =>
    lab.exec("fe", ["runuser", "-u", "oneadmin", "--", ...argv], { input, timeoutSeconds: 60 });

  /** What a test of three messages after each other may take, in milliseconds. */
  const timeout = (3 * times.message + 40) * 1000;
  /** The first message of that kind since then. */
  const arrived = async (by: Message["by"], subject: string, since: number): Promise<Message> => {
    const seconds = times.message;
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = messages(lab.layout).find((one) => one.at >= since && one.by === by && one.subject === subject);
      if (found) {
        took[`${by.padEnd(8)} ${subject}`] = `${((found.at - since) / 1000).toFixed(1)} s`;
        return found;
      }
      if (Date.now() > deadline) {
        const heard = messages(lab.layout).filter(({ at }) => at >= since);
        throw new Error(`no "${subject}" by ${by} in ${seconds} s, but ${heard.map((one) => one.subject).join(", ")}`);
      }
      await pause(250);
    }
  };
  const firing = async (alert: string): Promise<number> => {
    const query = `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`;
    const url = `http://127.0.0.1:${services.prometheus.port}/prometheus/api/v1/query`;
    const answer = await lab.exec("fe", ["curl", "-sS", "--get", "--data-urlencode", `query=${query}`, url]);
    const { data } = JSON.parse(answer) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]!.value[1]);
  };
  const endLoad = (): Promise<unknown> =>
    Promise.all(["fe", "host01"].map((host) => lab.tryExec(host, ["systemctl", "stop", LOAD_UNIT])));
  const freeDisk = (): Promise<unknown> =>
    lab.tryExec("host01", [
      "sh",
      "-c",
      `rm -f ${SMALL.mountpoint}/filler; umount --lazy ${SMALL.mountpoint}; rmdir ${SMALL.mountpoint}; rm -f ${SMALL.image}`,
    ]);

  describe("alerts", () => {
    afterAll(async () => {
      await endLoad();
      await freeDisk();
      await lab.tryExec("fe", ["systemctl", "start", "opennebula.service", services.prometheus.unit]);
      console.log(
        [
          "alerts: from the fault, or its end, to the message",
          ...Object.entries(took).map((one) => `  ${one.join("  ")}`),
        ].join("\n"),
      );
    }, 90_000);

    test(
      "a full file system, a loaded CPU, a VM that fails: mail tells, with host and runbook, and when it is over",
      async () => {
        expect(cloud.isUp).toBe(true);
        const since = Date.now();
        const template = [
          ...[`NAME = "${BROKEN_VM}"`, 'CPU = "0.01"', 'MEMORY = "32"'],
          // libvirt refuses the domain.
          'RAW = [ TYPE = "kvm", DATA = "<devices><disk type=\'nonsense\'/></devices>" ]',
        ].join("\n");
        const [vm] = await Promise.all([
          asOneadmin(["onevm", "create", "-"], template),
          on(
            "host01",
            `truncate -s 16M ${SMALL.image}; mkfs.ext4 -qF ${SMALL.image}; mkdir -p ${SMALL.mountpoint}
           mount -o loop ${SMALL.image} ${SMALL.mountpoint}
           head -c 15M /dev/zero >${SMALL.mountpoint}/filler 2>/dev/null || true`,
          ),
          // Hosts of a lab share the machine's processors: one host loads them for both.
          on(
            "fe",
            `systemd-run --quiet --collect --unit=${LOAD_UNIT} --nice=19 --property=SuccessExitStatus=124 \
             timeout ${times.load} sh -c 'for i in $(seq $(nproc)); do while :; do :; done & done; wait'`,
          ),
        ]);
        const id = /^ID: (\d+)$/m.exec(vm)![1]!;
        const [disk] = await Promise.all([
          arrived("mail", "[FIRING] HostDiskHigh host01", since),
          arrived("mail", "[FIRING] VmCreationFailures fe", since),
          // Where others load the machine too it has been told before.
          (await firing("HostCpuHigh")) > 0 || arrived("mail", "[FIRING] HostCpuHigh fe", since),
        ]);
        expect(disk.text).toMatch(new RegExp(`${SMALL.mountpoint} of host host01 is \\d+ % full`));
        expect(disk.text).toMatch(/docs\/operations\/alerts\.md#hostdiskhigh/);

        const over = Date.now();
        await Promise.all([endLoad(), freeDisk(), asOneadmin(["onevm", "terminate", "--hard", id])]);
        await Promise.all([
          arrived("mail", "[RESOLVED] HostDiskHigh host01", over),
          arrived("mail", "[RESOLVED] VmCreationFailures fe", over),
          cpuRecovers(over),
        ]);
      },
      timeout,
    );

    /** The load of this test is over; that of others on the machine may not be, and then there is nothing to tell. */
    const cpuRecovers = async (over: number): Promise<void> => {
      const deadline = Date.now() + times.message * 500;
      while ((await firing("HostCpuHigh")) > 0 && Date.now() < deadline) await pause(1000);
      if ((await firing("HostCpuHigh")) === 0) await arrived("mail", "[RESOLVED] HostCpuHigh fe", over);
    };

    test(
      "oned stopped: mail and chat tell at once, and that it is back",
      async () => {
        // What is bound to oned ends with it and does not come back by itself.
        const units = ["opennebula.service", ...(await boundTo(lab, "fe", "opennebula.service"))];
        const since = Date.now();
        await on("fe", "systemctl stop opennebula.service");
        for (const by of ["mail", "chat"] as const) await arrived(by, "[FIRING] OnedDown fe", since);
        const back = Date.now();
        await on("fe", `systemctl start ${units.join(" ")}`);
        for (const by of ["mail", "chat"] as const) await arrived(by, "[RESOLVED] OnedDown fe", back);
      },
      timeout,
    );

    test(
      "a silence keeps people from being told, until it is ended",
      async () => {
        const silenced = await cloud.succeed([
          "silence",
          "add",
          "alertname=HostUnitFailed",
          "--for",
          "10m",
          "--comment",
          "test",
        ]);
        const [id] = silenced.stdout.trim().split("\n");
        const listed = await cloud.succeed(["silence", "list", "--json"]);
        expect(JSON.parse(listed.stdout)).toContainEqual(expect.objectContaining({ id, comment: "test" }));
        await cloud.succeed(["silence", "expire", id!]);
        const url = `http://127.0.0.1:${services.alertmanager.port}/alertmanager`;
        expect(await on("fe", `amtool --alertmanager.url=${url} silence query --quiet`)).not.toContain(id);
      },
      timeout,
    );

    if (deadMan)
      test(
        "Prometheus stopped: a second place notices, and that it is back",
        async () => {
          const since = Date.now();
          await on("fe", `systemctl stop ${services.prometheus.unit}`);
          await arrived("dead-man", "silent", since);
          const back = Date.now();
          await on("fe", `systemctl start ${services.prometheus.unit}`);
          await arrived("dead-man", "heard again", back);
        },
        timeout,
      );
  });
}
