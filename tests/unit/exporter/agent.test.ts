// SPDX-License-Identifier: Apache-2.0
import { agentHealthy } from "../../../onhost/exporter/src/agent";

const units = (service: string, timer: string): string => `${service}\n\n${timer}\n`;
const good = "LoadState=loaded\nActiveState=inactive\nResult=success";
const timer = "LoadState=loaded\nActiveState=active\nResult=success";

test.each([
  ["does its work", units(good, timer), true],
  ["failed at its last look", units(good.replace("success", "exit-code"), timer), false],
  ["is never called again", units(good, timer.replace("=active", "=inactive")), false],
  ["is not there", units(good.replace("loaded", "not-found"), timer.replace("loaded", "not-found")), undefined],
  ["cannot be asked after", undefined, undefined],
])("the agent %s", async (_, text, expected) => {
  const asked: string[][] = [];
  const ask = (names: string[]): Promise<string | undefined> => {
    asked.push(names);
    return Promise.resolve(text);
  };
  expect(await agentHealthy("a.service", ask)).toBe(expected);
  expect(asked).toEqual([["a.service", "a.timer"]]);
});
