// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../../../../catalogue";
import { hostStateWord } from "../../../../opennebula";
import { judge, type Check } from "../../check";

export const hostState: Check = {
  id: "hosts/state",
  title: "oned monitors every hypervisor of the stack, and no other",
  area: "hosts",
  severity: "critical",
  seconds: 30,
  cure: "see ERROR in `onehost show <host>`; `onehost sync --force` renews the drivers, `onehost enable` takes a host back",
  async run({ cloud, signal }) {
    const known = await cloud.oned.hosts.list({ signal });
    const wanted = cloud.withRole(HostRole.Hypervisor).map(({ name }) => name);
    const problems = [
      ...wanted.filter((name) => !known.some((host) => host.name === name)).map((name) => `${name} is not in oned`),
      ...known
        .filter(({ name }) => !wanted.includes(name))
        .map(({ name }) => `oned knows ${name}, which the stack does not have`),
      ...known
        .filter(({ state }) => hostStateWord(state) !== "on")
        .map(({ name, state }) => `${name} is ${hostStateWord(state)}`),
    ];
    return judge(
      problems,
      known.map(({ name, state, runningVms }) => `${name}: ${hostStateWord(state)}, ${runningVms} VMs run`),
      { threshold: "state on" },
    );
  },
};
