// SPDX-License-Identifier: Apache-2.0
import { askHosts, judge, type Check } from "../../check";
import { isLoopback, isWanted, listeners } from "../../listeners";

export const exposed: Check = {
  id: "services/exposed",
  title: "nothing listens beyond what the catalogue says",
  area: "services",
  severity: "critical",
  seconds: 30,
  cure: "bind the program to the address in the catalogue or remove it; the firewall is a second line, not the first",
  async run(context) {
    const version = context.cloud.config.opennebula.version;
    const answers = await askHosts(context, undefined, (host) => listeners(context, host.name));
    const problems = answers.flatMap(({ host, answer }) =>
      answer
        .filter((one) => !isLoopback(one.address) && !isWanted(one, host, version))
        .map(
          ({ program, protocol, address, port }) =>
            `${host.name}: ${program} listens on ${address} ${protocol} ${port}`,
        ),
    );
    const evidence = answers.map(({ host, answer }) => {
      const open = answer.filter(({ address }) => !isLoopback(address));
      return `${host.name}: ${open.length} of ${answer.length} sockets are not on loopback`;
    });
    return judge([...new Set(problems)], evidence, {
      threshold: "beyond loopback only services of the catalogue, on their address",
    });
  },
};
