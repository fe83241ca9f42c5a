// SPDX-License-Identifier: Apache-2.0
import { localPage } from "../../components/monitoring/pages";
import { RemoteFailure, type DeployedCloud } from "../cloud";
import { commandLine } from "../quote";

/** A time in which Alertmanager keeps some alerts from people. */
export interface Silence {
  id: string;
  state: "active" | "pending" | "expired";
  /** As amtool writes them, e.g. `alertname="HostCpuHigh"`. */
  matchers: string[];
  /** RFC 3339. */
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
}

/** A silence to be made. */
export interface SilenceRequest {
  /** `label=value`, `label!=value`, `label=~pattern` or `label!~pattern`; all of them must hold. */
  matchers: string[];
  /** A duration as Prometheus writes it: `30m`, `2h`, `1d`. */
  duration: string;
  author: string;
  comment: string;
}

interface ApiSilence extends Omit<Silence, "state" | "matchers"> {
  status: { state: Silence["state"] };
  matchers: { name: string; value: string; isEqual?: boolean; isRegex: boolean }[];
}

const MATCHER = /^[a-zA-Z_]\w*(=|!=|=~|!~).*$/s;
const DURATION = /^(\d+(w|d|h|m|s))+$/;

/**
 * Makes a silence.
 *
 * @returns its id.
 * @throws Error that lists what is wrong with the request, or says what Alertmanager answered.
 */
export async function addSilence(cloud: DeployedCloud, request: SilenceRequest): Promise<string> {
  const { matchers, duration, author, comment } = request;
  const problems = [
    ...(matchers.length === 0 ? ["name what is meant, e.g. alertname=HostCpuHigh host=host01"] : []),
    ...matchers
      .filter((one) => !MATCHER.test(one))
      .map((one) => `"${one}" is no matcher: write label=value, !=, =~ or !~`),
    ...(DURATION.test(duration) ? [] : [`"${duration}" is no duration: write 30m, 2h or 1d`]),
    ...(comment.trim() === "" ? ["say in the comment why"] : []),
  ];
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const words = ["add", `--author=${author}`, `--comment=${comment}`, `--duration=${duration}`, "--", ...matchers];
  return (await amtool(cloud, words)).trim();
}

/**
 * Silences, those that end first at the beginning.
 *
 * @param expired - also those that are over and that Alertmanager still knows.
 */
export async function listSilences(cloud: DeployedCloud, expired = false): Promise<Silence[]> {
  const words = ["query", "--output=json"];
  const found = [await amtool(cloud, words), ...(expired ? [await amtool(cloud, [...words, "--expired"])] : [])];
  return found
    .flatMap((text) => JSON.parse(text) as ApiSilence[])
    .map(({ id, status, matchers, startsAt, endsAt, createdBy, comment }) => ({
      ...{ id, state: status.state, startsAt, endsAt, createdBy, comment },
      matchers: matchers.map(matcherText),
    }))
    .sort((a, b) => a.endsAt.localeCompare(b.endsAt));
}

function matcherText({ name, value, isEqual = true, isRegex }: ApiSilence["matchers"][number]): string {
  const operator = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
  return `${name}${operator}${JSON.stringify(value)}`;
}

/** Ends silences before their time. */
export async function expireSilences(cloud: DeployedCloud, ids: string[]): Promise<void> {
  await amtool(cloud, ["expire", "--", ...ids]);
}

/** A silence in one line. */
export function silenceText({ id, state, matchers, endsAt, createdBy, comment }: Silence): string {
  return `${id}  ${state}  until ${endsAt.slice(0, 19)}Z  {${matchers.join(", ")}}  ${createdBy}: ${comment}`;
}

/** Alertmanager listens on the front-end's loopback alone, and its own tool is there. */
async function amtool(cloud: DeployedCloud, words: string[]): Promise<string> {
  const { name } = cloud.frontend;
  const result = await cloud.run(
    name,
    commandLine(["amtool", `--alertmanager.url=${localPage("alertmanager")}`, "silence", ...words]),
  );
  if (result.exitCode !== 0) throw new RemoteFailure(name, result);
  return result.stdout;
}
