// SPDX-License-Identifier: Apache-2.0
import { hourlyPrices } from "../../catalogue";
import { CLOUD, definePolicy } from "../define";

/** Hours of a month as Scaleway counts. */
const HOURS = 730;

/** A zero too many in a list of hosts is an invoice. */
export const costCeiling = definePolicy({
  name: "cost-ceiling",
  description: "Servers together cost no more a month than the setting (list prices, without options and VAT).",
  level: "mandatory",
  reason: "Ordered servers are paid.",
  severity: "medium",
  controls: ["SOC2 CC5.2"],
  cure: "Order fewer or smaller servers, or raise monthlyEuros in the pack's configuration.",
  types: [CLOUD],
  settings: { monthlyEuros: { type: "number", description: "Euros a month.", default: 2000 } },
  check: ({ props, setting }) => {
    const offers = Object.values((props.offers ?? {}) as Record<string, string>);
    const unknown = [...new Set(offers)].filter((offer) => hourlyPrices[offer] === undefined);
    const euros = offers.reduce((sum, offer) => sum + (hourlyPrices[offer] ?? 0), 0) * HOURS;
    return [
      ...unknown.map((offer) => `the price of ${offer} is not known`),
      ...(euros > setting<number>("monthlyEuros") ? [`servers cost ${Math.round(euros)} euros a month`] : []),
    ];
  },
});
