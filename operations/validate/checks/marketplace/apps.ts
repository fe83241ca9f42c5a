// SPDX-License-Identifier: Apache-2.0
import { MarketplaceState } from "../../../../opennebula";
import { judge, type Check } from "../../check";

export const marketplaceApps: Check = {
  id: "marketplace/apps",
  title: "an enabled marketplace offers appliances",
  area: "marketplace",
  severity: "warning",
  seconds: 30,
  cure: "the front-end must reach marketplace.opennebula.io; see the marketplace driver's lines in oned.log",
  async run({ cloud, signal }) {
    const all = await cloud.oned.marketplaces.list({ signal });
    const enabled = all.filter(({ state }) => state === (MarketplaceState.Enabled as number));
    const apps = enabled.reduce((sum, { appIds }) => sum + appIds.length, 0);
    const problems = [
      ...(enabled.length === 0 ? ["no marketplace is enabled"] : []),
      ...(enabled.length > 0 && apps === 0 ? ["no marketplace has been able to list an appliance"] : []),
    ];
    return judge(
      problems,
      all.map(({ name, appIds }) => `${name}: ${appIds.length} appliances`),
      { threshold: "one appliance" },
    );
  },
};
