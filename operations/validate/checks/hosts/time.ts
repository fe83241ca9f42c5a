// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check, type Measurement } from "../../check";
import { figure } from "../../text";

const MAX_SKEW_MS = 500;
const SAMPLES = 3;

export const time: Check = {
  id: "hosts/time",
  title: "the hosts' clocks agree",
  area: "hosts",
  severity: "critical",
  seconds: 30,
  cure: "see `chronyc sources` and `chronyc tracking` on the host; a blocked UDP 123 is the usual reason",
  async run(context) {
    const { cloud } = context;
    // The quickest of some answers says most: half its way is the error.
    const answers = await askHosts(context, undefined, async ({ name }) => {
      await cloud.run(name, "true");
      const samples: { offset: number; error: number }[] = [];
      for (let index = 0; index < SAMPLES; index += 1) {
        const before = Date.now();
        const { stdout } = await cloud.run(name, "date +%s.%N");
        const after = Date.now();
        samples.push({ offset: Number(stdout) * 1000 - (before + after) / 2, error: (after - before) / 2 });
      }
      return samples.sort((a, b) => a.error - b.error)[0]!;
    });
    const middle = answers.map(({ answer }) => answer.offset).sort((a, b) => a - b)[Math.floor(answers.length / 2)]!;
    const skews = answers.map(({ host, answer }) => ({
      host: host.name,
      skew: answer.offset - middle,
      error: answer.error,
    }));
    const problems = skews
      .filter(({ skew, error }) => Math.abs(skew) - error > MAX_SKEW_MS)
      .map(({ host, skew }) => `${host}: ${figure(Math.abs(skew))} ms ${skew > 0 ? "ahead of" : "behind"} the others`);
    const measurements = skews.map(({ host, skew }): Measurement => ({
      name: "clock skew",
      from: host,
      value: skew,
      unit: "ms",
    }));
    const evidence = skews.map(
      ({ host, skew, error }) => `${host}: ${figure(skew)} ms, give or take ${figure(error)} ms`,
    );
    return judge(problems, evidence, { threshold: `at most ${MAX_SKEW_MS} ms apart`, measurements });
  },
};
