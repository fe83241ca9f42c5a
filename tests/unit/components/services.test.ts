// SPDX-License-Identifier: Apache-2.0
import { parse } from "yaml";
import { Bind, HostRole, services, unitsOf, type Service } from "../../../catalogue";
import { planFrontend, type FrontendPlanArgs } from "../../../components/frontend/plan";
import { renderFrontend } from "../../../components/frontend/render";
import { renderHostNames } from "../../../components/host-list/names";
import { planHypervisor } from "../../../components/hypervisor/plan";
import { renderHypervisor } from "../../../components/hypervisor/render";
import { planTls } from "../../../components/tls/plan";
import { renderTls } from "../../../components/tls/render";
import { planMonitoring, type MonitoringPlanArgs } from "../../../components/monitoring/plan";
import { renderMonitoring } from "../../../components/monitoring/render";
import type { ActionStep, HostState } from "../../../components/host/state";
import { previewText, referencesOf } from "../../../components/host/text";
import { judge } from "../../helpers/tools";

const args: FrontendPlanArgs = {
  host: "fe",
  os: "debian-12",
  managementAddress: "10.16.0.10",
  version: "7.0",
  domain: "cloud.internal",
  binaryLog: true,
  onedSettings: { MANAGER_TIMER: 15, LABEL: "a b" },
};
const frontend = (more: Partial<FrontendPlanArgs> = {}): HostState =>
  renderFrontend(planFrontend({ ...args, ...more }));

function setting(state: HostState, file: string, ...path: string[]): string | undefined {
  const entry = state.settings?.[file]?.set.find((one) => one.path.join("/") === path.join("/"));
  return entry && previewText(entry.value);
}

const watched: MonitoringPlanArgs = {
  frontend: "fe",
  hosts: { fe: { managementAddress: "10.16.0.10", hypervisor: true } },
};

function units(state: HostState): string[] {
  return (state.sequence ?? []).flatMap((step) => ("unit" in step ? [step.unit] : []));
}

describe("the front-end", () => {
  it("uses the vendor's repository by series and release, signed", () => {
    expect(frontend({ version: "7.4", os: "ubuntu-24.04" }).repositories?.opennebula).toEqual({
      uri: "https://downloads.opennebula.io/repo/7.4/Ubuntu/24.04",
      suites: ["stable"],
      components: ["opennebula"],
      key: { url: "https://downloads.opennebula.io/repo/repo2.key", fingerprint: undefined },
    });
  });

  it("edits oned.conf by key and hides the database password", () => {
    const state = frontend();
    expect(setting(state, "/etc/one/oned.conf", "DB", "PASSWD")).toBe('"<secret db.password>"');
    expect(setting(state, "/etc/one/oned.conf", "MANAGER_TIMER")).toBe("15");
    expect(setting(state, "/etc/one/oned.conf", "LABEL")).toBe('"a b"');
    expect(state.settings?.["/etc/one/oned.conf"]?.secret).toBe(true);
  });

  it("tells oned oneadmin's password before it changes the file, and shows it to neither", () => {
    const { files, sequence } = frontend();
    expect(files).not.toHaveProperty("/var/lib/one/.one/one_auth");
    const names = sequence!.map((step) => ("action" in step ? step.action : step.unit));
    expect(names.indexOf("oneadmin-password")).toBe(names.indexOf("opennebula.service") - 1);
    const action = sequence![names.indexOf("oneadmin-password")] as ActionStep;
    expect(action.run.indexOf("one.user.passwd")).toBeLessThan(action.run.indexOf("mv "));
    expect(JSON.stringify([action.needed, action.run])).not.toContain("secret");
    const { status, output } = judge("bash", ["-n"], `${action.needed}\n${action.run}`);
    expect({ status, output }).toEqual({ status: 0, output: "" });
  });

  it("binds what speaks plain HTTP as the catalogue says", () => {
    const state = frontend();
    expect(setting(state, "/etc/one/oned.conf", "LISTEN_ADDRESS")).toBe('"127.0.0.1"');
    expect(setting(state, "/etc/one/onegate-server.conf", ":host")).toBe("10.16.0.10");
    expect(setting(state, "/etc/one/oneflow-server.conf", ":host")).toBe("127.0.0.1");
    expect(setting(state, "/etc/one/fireedge-server.conf", "host")).toBe("127.0.0.1");
  });

  it("has the hosts' network drivers carry what guests say to OneGate, and tells guests where", () => {
    const state = frontend();
    expect(setting(state, "/etc/one/oned.conf", "ONEGATE_ENDPOINT")).toBe('"http://169.254.16.9:5030"');
    const block = state.blocks?.["/var/lib/one/remotes/etc/vnm/OpenNebulaNetwork.conf"]?.content;
    expect(parse(String(block as string))).toEqual({
      ":tproxy": [{ ":service_port": 5030, ":remote_addr": "10.16.0.10", ":remote_port": 5030 }],
    });
    const actions = state.sequence?.flatMap((step) => ("action" in step ? [step.action] : []));
    expect(actions).toContain("network-settings-on-hosts");
  });

  it("follows what later series moved", () => {
    expect(setting(frontend({ version: "7.0" }), "/etc/one/oned.conf", "GRPC_LISTEN_ADDRESS")).toBeUndefined();
    expect(setting(frontend({ version: "7.2" }), "/etc/one/oned.conf", "GRPC_LISTEN_ADDRESS")).toBe('"127.0.0.1"');
    expect(setting(frontend({ version: "7.4" }), "/etc/one/onegate-server.conf", ":server", ":bind")).toBe(
      "10.16.0.10",
    );
  });

  it("starts the database before oned and oned before what needs its auth files", () => {
    const order = units(frontend());
    expect(order.indexOf("mariadb.service")).toBeLessThan(order.indexOf("opennebula.service"));
    for (const later of ["opennebula-gate.service", "opennebula-flow.service", "opennebula-fireedge.service"]) {
      expect(order.indexOf("opennebula.service")).toBeLessThan(order.indexOf(later));
    }
  });

  it("answers the names of the other hosts, in an order that no edit of the file changes", () => {
    const block = (hosts: Record<string, string>): unknown =>
      renderHostNames({ host: "fe", domain: "cloud.internal", hosts }).blocks?.["/etc/hosts"]?.content;
    expect(block({ fe: "10.16.0.10", b: "10.16.0.3", a: "10.16.0.2" })).toBe(
      "10.16.0.2 a.cloud.internal a\n10.16.0.3 b.cloud.internal b\n",
    );
    expect(block({ b: "10.16.0.3", a: "10.16.0.2" })).toBe(block({ a: "10.16.0.2", b: "10.16.0.3" }));
  });

  it("restarts oned for its own files only", () => {
    const oned = frontend().sequence?.find((step) => "unit" in step && step.unit === "opennebula.service");
    const dropIn = "/etc/systemd/system/opennebula.service.d/50-opennebula-scaleway.conf";
    expect(oned).toMatchObject({
      restartOn: [dropIn, "/etc/one/oned.conf", "/etc/one/monitord.conf", "package:opennebula"],
    });
  });
});

describe("the hypervisor", () => {
  const state = renderHypervisor(planHypervisor({ host: "host01", os: "debian-12", version: "7.0" }));

  it("holds no secret: only oneadmin's public key reaches it", () => {
    expect(referencesOf(state)).toEqual([{ ref: "oneadmin.publicKey", secret: false }]);
  });

  it("keeps packages of one series", () => {
    expect(state.packages).toEqual({ "opennebula-node-kvm": "7.0.*" });
  });
});

describe.each([
  ["frontend", frontend()],
  ["hypervisor", renderHypervisor(planHypervisor({ host: "host01", os: "debian-12", version: "7.0" }))],
])("actions of the %s layer", (_layer, state) => {
  const actions = (state.sequence ?? []).flatMap((step) => ("action" in step ? [step] : []));

  it.each(
    actions.flatMap((action) => [
      [`${action.action} needed`, action.needed],
      [`${action.action} run`, action.run],
    ]),
  )("shellcheck has nothing to say of %s", (_name, script) => {
    expect(judge("shellcheck", ["--shell=bash", "--severity=style", "--exclude=SC2154", "-"], script)).toEqual({
      status: 0,
      output: "",
    });
  });
});

describe("the service catalogue", () => {
  const all: [string, Service][] = Object.entries(services);

  it("gives no port of an address to two services of one protocol, apart from the ranges that libvirt and QEMU share", () => {
    const ranges = all
      .filter(([name]) => name !== "consoles")
      .map(([name, service]) => ({ name, service, last: service.lastPort ?? service.port }));
    for (const a of ranges) {
      for (const b of ranges) {
        if (a.name >= b.name || !a.service.protocols.some((protocol) => b.service.protocols.includes(protocol)))
          continue;
        // The TLS proxy has the port of what it stands before: one on loopback, the other on the management address.
        const binds = [a.service.bind, b.service.bind];
        if (binds.includes(Bind.Loopback) && binds.includes(Bind.Management)) continue;
        expect(a.last < b.service.port || b.last < a.service.port).toBe(true);
      }
    }
  });

  it("lets nobody reach a service that listens on loopback", () => {
    for (const [, service] of all) {
      if (service.bind === Bind.Loopback) expect(service.from).toEqual([]);
    }
  });

  it("every unit of the catalogue is started by its layer", () => {
    const started = new Set([
      ...units(frontend()),
      ...units(renderHypervisor(planHypervisor({ host: "h", os: "debian-12", version: "7.0" }))),
      ...units(renderTls(planTls({ host: "fe", domain: "cloud.internal", managementAddress: "10.16.0.10" }))),
      ...units(renderMonitoring(planMonitoring(watched), "fe")),
      "ssh.service",
    ]);
    expect(unitsOf([HostRole.Frontend, HostRole.Hypervisor]).filter((unit) => !started.has(unit))).toEqual([]);
  });
});
