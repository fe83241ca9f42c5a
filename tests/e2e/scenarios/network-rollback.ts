// SPDX-License-Identifier: Apache-2.0
import { renderBundle, type Bundle } from "../../../components/host";
import { LabStack } from "../../../lab/stack";
import { appliedLayers } from "../../../operations/layers";
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";

const NETPLAN = "/etc/netplan/60-opennebula-scaleway.yaml";
/** A network in which nobody is. */
const NOWHERE = "198.51.100.77/24";
const HOST = "host01";

interface DriftJson {
  hosts: { host: string; layers: { layer: string; verdict: string }[] }[];
}

/** The network layer's own guard, with netplan really moving the host's address to where nobody reaches it. */
export function networkRollback(cloud: CloudUnderTest): void {
  const { lab } = cloud;

  describe("a network that shuts the operator out", () => {
    let former: string;
    let address: string;

    beforeAll(async () => {
      expect(cloud.isUp).toBe(true);
      former = await lab.exec(HOST, ["cat", NETPLAN]);
      address = (await cloud.status()).hosts.find(({ name }) => name === HOST)!.address;
      expect(former).toContain(address);
    }, 60_000);

    /** Applies the host's own network layer with another public address, as a run would whose plan is wrong. */
    const moveAway = async (deadlineSeconds: number): Promise<void> => {
      const layers = appliedLayers(await new LabStack(lab.layout, lab.project).export());
      const { bundle, connection } = layers.find(({ host, layer }) => host === HOST && layer === "baremetal")!;
      const { state, ...rest } = JSON.parse(bundle) as Bundle;
      const file = state.files![NETPLAN]!;
      const content = (file.content as string).replace(new RegExp(`${address.replaceAll(".", "\\.")}/\\d+`), NOWHERE);
      expect(content).not.toBe(file.content);
      const wrong = {
        ...state,
        files: { ...state.files, [NETPLAN]: { ...file, content } },
        commitConfirm: { ...state.commitConfirm!, deadlineSeconds },
      };
      const converger = `/home/${connection.user}/.opennebula-scaleway/converger.py`;
      const answer = await lab.exec(HOST, ["python3", "-I", "-B", converger, "apply"], {
        input: renderBundle({ ...rest, state: wrong }),
        timeoutSeconds: 120,
      });
      expect(JSON.parse(answer)).toMatchObject({ ok: true, layer: "baremetal" });
      expect(await lab.exec(HOST, ["cat", NETPLAN])).toContain(NOWHERE);
      expect(await answers()).toBe(false);
    };

    const answers = async (): Promise<boolean> => {
      const { code } = await lab.ssh(HOST, ["true"], { timeoutSeconds: 8 }).catch(() => ({ code: 1 }));
      return code === 0;
    };

    const comesBack = async (): Promise<void> => {
      await eventually(answers, { what: `${HOST} takes the change back`, seconds: 150 });
      expect(await lab.exec(HOST, ["cat", NETPLAN])).toBe(former);
      const bridge = await lab.exec(HOST, ["ip", "-o", "-4", "address", "show", "dev", "pubridge"]);
      expect(bridge).toContain(`${address}/`);
      expect(bridge).not.toContain(NOWHERE);
    };

    test("that nobody can confirm is taken back when the time is over", async () => {
      await moveAway(20);
      await comesBack();
    }, 330_000);

    test("is taken back too when the host loses power inside the window", async () => {
      await moveAway(600);
      await lab.power(HOST, "off");
      await lab.power(HOST, "on");
      await comesBack();
      const { hosts } = JSON.parse((await cloud.cli(["drift", "--json"])).stdout) as DriftJson;
      const layers = hosts.find(({ host }) => host === HOST)!.layers;
      expect(layers.filter(({ verdict }) => verdict !== "clean")).toEqual([]);
      await eventually(async () => (await cloud.status()).healthy, { what: "the cloud is healthy", seconds: 120 });
    }, 480_000);
  });
}
