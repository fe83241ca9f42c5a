// SPDX-License-Identifier: Apache-2.0
import { Bind, bindAddress, services, type ServiceName } from "../../../../catalogue";
import { askHosts, judge, type Check } from "../../check";
import { isExpected, listeners, presentServices } from "../../listeners";

export const listening: Check = {
  id: "services/listening",
  title: "every service listens where the catalogue says",
  area: "services",
  severity: "warning",
  seconds: 30,
  cure: "the unit is up but has not opened its port: see its log",
  async run(context) {
    const version = context.cloud.config.opennebula.version;
    const answers = await askHosts(context, undefined, (host) => listeners(context, host.name));
    const problems = answers.flatMap(({ host, answer }) =>
      presentServices(host.roles, version)
        // Which host runs what only some have is its layer's affair.
        .filter(([, { onDemand, onSome }]) => onDemand !== true && onSome !== true)
        .flatMap(([name, { port, protocols }]) =>
          protocols
            .filter((protocol) => !answer.some((one) => one.protocol === protocol && isExpected(one, name, host)))
            .map((protocol) => `${host.name}: ${name} does not listen on ${place(name, host)} ${protocol} ${port}`),
        ),
    );
    const evidence = answers.map(({ host, answer }) => `${host.name}: ${answer.length} listening sockets`);
    return judge(problems, evidence, { threshold: "one listener for each protocol of each service" });
  },
};

function place(name: ServiceName, host: { managementAddress: string }): string {
  return services[name].bind === Bind.All ? "any address" : bindAddress(name, host.managementAddress);
}
