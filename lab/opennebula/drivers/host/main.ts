// SPDX-License-Identifier: Apache-2.0

/** Network drivers on a host: `vnm.js FOLDER DRIVER ACTION [arguments]`, with the VM's XML in base64 on standard input. */

import { join } from "node:path";
import { protect, unprotect } from "./firewall";
import { runHooks } from "./hooks";
import type { Host } from "./host";
import { thisHost } from "./host";
import { connect, disconnect, reconnect } from "./links";
import type { NetworkVm } from "./vm";
import { networkVm } from "./vm";

type Step = (host: Host, driver: string, vm: NetworkVm, args: string[]) => Promise<void>;

/** Drivers with the security groups of OpenNebula; `bridge` filters nothing. */
export const FILTERING = ["fw", "vxlan", "802.1Q"];
/** Every driver of the stand-in. */
export const NETWORK_DRIVERS = ["bridge", ...FILTERING];

const filter: Step = (host, driver, vm) => (FILTERING.includes(driver) ? protect(host, vm) : Promise.resolve());

/** What the drivers do themselves, before the hooks. */
const STEPS: Record<string, Step> = {
  pre: (host, driver, vm) => connect(host, driver, vm.nics),
  post: filter,
  update_nic: async (host, driver, vm, [, network = ""]) => {
    const nics = vm.nics.filter(({ NETWORK_ID }) => NETWORK_ID === network);
    await reconnect(host, driver, { nics, before: vm.before });
    await filter(host, driver, { ...vm, nics }, []);
  },
  clean: async (host, driver, vm) => {
    if (FILTERING.includes(driver)) await unprotect(host, vm);
    await disconnect(host, driver, vm.nics);
  },
};

export const NETWORK_ACTIONS = Object.keys(STEPS);

/** One run of a script: its own work, then its hooks. */
export async function networkScript(host: Host, folder: string, words: string[], input: string): Promise<void> {
  const [driver = "", action = "", ...args] = words;
  const step = STEPS[action];
  if (step === undefined || !NETWORK_DRIVERS.includes(driver)) throw new Error(`no network script ${driver}/${action}`);
  await step(host, driver, networkVm(input, driver), args);
  await runHooks(join(folder, driver, `${action}.d`), args, input);
}

async function main(): Promise<void> {
  const [folder = "", ...words] = process.argv.slice(2);
  let input = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) input += String(chunk);
  await networkScript(thisHost(join(folder, "..")), folder, words, input);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
