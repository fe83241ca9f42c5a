// SPDX-License-Identifier: Apache-2.0
import { bindAddress, HostRole, type ServiceName } from "../../../catalogue";
import type { CheckContext, Outcome } from "../../../operations/validate/check";
import { listening } from "../../../operations/validate/checks/services/listening";
import { presentServices } from "../../../operations/validate/listeners";

const host = { name: "fe", roles: [HostRole.Frontend, HostRole.Hypervisor], managementAddress: "10.16.0.10" };
const VERSION = "7.0";
const wanted = presentServices(host.roles, VERSION).filter(([, service]) => !service.onDemand && !service.onSome);

/** The check of a front-end on which all of the catalogue listens that every front-end has, but for this one. */
async function without(missing?: ServiceName): Promise<Outcome> {
  const sockets = wanted
    .filter(([name]) => name !== missing)
    .flatMap(([name, { port, protocols }]) =>
      protocols.map((protocol) => `${protocol} LISTEN 0 128 ${bindAddress(name, host.managementAddress)}:${port} *:*`),
    );
  const cloud = {
    config: { opennebula: { version: VERSION } },
    hosts: [host],
    root: () => Promise.resolve(sockets.join("\n")),
  };
  return listening.run({ cloud } as unknown as CheckContext);
}

test("what only some hosts have is missed on none, Grafana and collectors of logs among it", async () => {
  const some = presentServices(host.roles, VERSION).filter(([, { onSome }]) => onSome);
  expect(some.map(([name]) => name)).toEqual(expect.arrayContaining(["grafana", "logCollector"]));
  expect((await without()).verdict).toBe("pass");
});

test("what every host of its kind has is missed", async () => {
  const { verdict, evidence } = await without("oned");
  expect(verdict).toBe("fail");
  expect(evidence[0]).toBe("fe: oned does not listen on 127.0.0.1 tcp 2633");
});
