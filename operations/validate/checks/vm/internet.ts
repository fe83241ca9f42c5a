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
      `wget -q -T 15 -O /dev/null ${quoteWord(url)} && echo reached || echo failed; ip route show default`,
      45,
    );
    const [verdict, route = ""] = answer.trim().split("\n");
    return judge(
      verdict === "reached" ? [] : [`the guest does not reach ${url}`],
      [`default route: ${route || "none"}`],
      {
        threshold: `${url} within 15 s`,
      },
    );
  },
};
