// SPDX-License-Identifier: Apache-2.0
import { withCloud, type DeployedCloud } from "../cloud";
import type { Stack, StackResource } from "../stack";

const SERVER = /^scaleway:elasticmetal\/server:Server$|^scaleway:index\/baremetalServer:BaremetalServer$/;
/** A host that is there answers within this. */
const ANSWER_SECONDS = 15;

/** What a lost host takes out of the state. */
export interface ForgottenHost {
  host: string;
  /** The server's number at Scaleway; undefined where the state has it no more. */
  serverId?: string;
  urns: string[];
}

/**
 * Takes a machine that is lost out of the stack's state, so that the next `pulumi up` orders another one and makes every layer on it.
 * What the cloud holds (networks, users, hosts in oned) stays in the state: it comes back with the database.
 *
 * @throws Error when the host still answers: then it is not lost, and leaving it behind would cost money and have two of one name.
 */
export async function forgetHost(stack: Stack, host: string, { dryRun = false } = {}): Promise<ForgottenHost> {
  const found = lostMachine(await stack.export(), host);
  await withCloud(stack, (cloud) => refuseIfAlive(cloud, host));
  if (!dryRun) await stack.forget(found.urns);
  return found;
}

async function refuseIfAlive(cloud: DeployedCloud, host: string): Promise<void> {
  cloud.host(host);
  const alive = await cloud.run(host, "true", "", ANSWER_SECONDS).then(
    () => true,
    () => false,
  );
  if (alive)
    throw new Error(
      `host ${host} answers, so it is not lost: repair it with \`drift --fix\`, or delete its server at Scaleway first`,
    );
}

/**
 * The resources that are the machine itself: its server, the proof that it is ours, and the program that was copied to it. All other
 * layers are told again by themselves, because the new machine has another key.
 *
 * @throws Error when the state knows no such machine.
 */
export function lostMachine(
  resources: readonly Pick<StackResource, "urn" | "type" | "id" | "inputs">[],
  host: string,
): ForgottenHost {
  const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";
  const server = resources.find(({ type, inputs }) => SERVER.test(type) && inputs?.name === host);
  // A refresh may have taken the server out already.
  const bootstrap = resources.find(({ urn }) => nameOf(urn).endsWith(`-host-${host}-bootstrap`));
  const base = server ? nameOf(server.urn) : bootstrap && nameOf(bootstrap.urn).replace(/-bootstrap$/, "");
  const urns = resources
    .filter(({ urn }) => base !== undefined && [base, `${base}-bootstrap`, `${base}-converger`].includes(nameOf(urn)))
    .filter(({ type }) => SERVER.test(type) || type.startsWith("command:remote:"))
    .map(({ urn }) => urn)
    // The layer `baremetal` is called as its server is, and stays.
    .filter((urn) => nameOf(urn) !== base || urn === server?.urn);
  if (urns.length === 0) throw new Error(`the state has no machine "${host}" to forget`);
  return { host, urns, ...(server?.id !== undefined && { serverId: server.id }) };
}
