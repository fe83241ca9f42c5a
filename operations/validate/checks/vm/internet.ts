// SPDX-License-Identifier: Apache-2.0
import { quoteWord } from "../../../quote";
import { judge, type Check } from "../../check";

const ELSEWHERE = "http://marketplace.opennebula.io/";

export const internet: Check = {
  id: "vm/internet",
  title: "a VM with a flexible IP reaches the Internet",
  area: "vm",
  severity: "critical",
  impact: "load",
  exclusive: "guests",
  seconds: 60,
  cure: "see the guest's default route (the router is outside its own network) and network/flexible-ip",
  async run({ cloud, guests }) {
    const pair = await guests();
    // Where the image came from is a place that this cloud reaches.
    const url = cloud.config.validation.image.url ?? ELSEWHERE;
    const answer = await pair.inside(
      `timeout 15 wget -q -O /dev/null ${quoteWord(url)} 2>&1 && echo reached || echo failed; ip route show default`,
      45,
    );
    const said = answer.trim().split("\n");
    const reached = said.includes("reached");
    return judge(
      reached ? [] : [`the guest does not reach ${url}`],
      said.filter((line) => line !== "reached" && line !== "failed"),
      {
        threshold: `${url} within 15 s`,
      },
    );
  },
};
