// SPDX-License-Identifier: Apache-2.0
import { VmRecovery, VmState, type Template } from "../../opennebula";
import { until } from "../until";
import type { CheckContext } from "./check";
import { MARK, MARK_ATTRIBUTE, MEASURED, scratchDirectory } from "./mark";
import { lines } from "./text";

type Cloud = CheckContext["cloud"];

interface Tagged {
  id: number;
  name: string;
  template: Template;
}

/** Until VMs are gone, and until their images are free. */
const SECONDS = 120;

/**
 * Removes what `validate` has made, in oned and on the hosts, also after a run that was killed. Others' objects are never touched:
 * what goes has the name and the attribute of ours.
 *
 * @param run - only what this run made. @default of every run
 * @returns what was removed, in words.
 * @throws Error for what does not go within two minutes.
 */
export async function cleanUp(cloud: Cloud, run?: string): Promise<string[]> {
  const [objects, files] = await Promise.all([objectsOf(cloud, run), hostsOf(cloud)]);
  return [...objects, ...files];
}

async function objectsOf({ oned }: Cloud, run: string | undefined): Promise<string[]> {
  const mine = ({ name, template }: Tagged): boolean => {
    const mark = template[MARK_ATTRIBUTE];
    return (
      typeof mark === "string" && (run === undefined ? mark.startsWith(MARK) && name.startsWith(MARK) : mark === run)
    );
  };
  // Lists of VMs come without the attributes that people add.
  const named = (await oned.vms.list()).filter(({ name }) => name.startsWith(run ?? MARK));
  const whole = await Promise.all(named.map(({ id }) => oned.vms.info(id)));
  const vms = whole.filter(({ id, name, userTemplate }) => mine({ id, name, template: userTemplate }));
  await Promise.all(vms.map(({ id }) => oned.vms.recover(id, VmRecovery.Delete)));
  const ended = async (): Promise<boolean> => {
    const left = await Promise.all(vms.map(({ id }) => oned.vms.find(id)));
    return left.every((vm) => vm === undefined || vm.state === (VmState.Done as number));
  };
  await until(ended, { what: "VMs of validate have ended", seconds: SECONDS });
  const images = (await oned.images.list()).filter(mine);
  const removed = async (): Promise<boolean> => {
    const left = (await Promise.all(images.map(({ id }) => oned.images.find(id)))).filter(
      (image) => image !== undefined,
    );
    // One that a VM has just let go of, or that is still being copied, is refused for a moment.
    await Promise.all(left.map(({ id }) => oned.images.delete(id).catch(() => undefined)));
    return left.length === 0;
  };
  await until(removed, { what: "images of validate are gone", seconds: SECONDS });
  const groups = (await oned.securityGroups.list()).filter(mine);
  await Promise.all(groups.map(({ id }) => oned.securityGroups.delete(id)));
  const told = (kind: string, all: readonly { name: string }[]): string[] => all.map(({ name }) => `${kind} ${name}`);
  return [...told("VM", vms), ...told("image", images), ...told("security group", groups)];
}

/** Programs that outlived their run, and files. */
async function hostsOf(cloud: Cloud): Promise<string[]> {
  const places = MEASURED.map(scratchDirectory).join(" ");
  const script = `for unit in $(systemctl list-units --all --plain --no-legend '${MARK}*' | awk '{ print $1 }'); do
  systemctl stop "$unit" 2>/dev/null || true
  systemctl reset-failed "$unit" 2>/dev/null || true
  echo "unit $unit"
done
for place in ${places}; do
  if [ -e "$place" ]; then rm -rf "$place"; echo "files in $place"; fi
done`;
  const answers = await Promise.all(
    cloud.hosts.map(async ({ name }) => lines(await cloud.root(name, script)).map((line) => `${name}: ${line}`)),
  );
  return answers.flat();
}
