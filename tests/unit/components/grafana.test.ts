// SPDX-License-Identifier: Apache-2.0
import { Destination, GrafanaMode, services } from "../../../catalogue";
import { plannedLayers, planCloud } from "../../../components/cloud-plan";
import { configuredDestinations } from "../../../components/egress";
import { previewText } from "../../../components/host/text";
import { planGrafana } from "../../../components/monitoring/grafana/plan";
import { dashboardTexts } from "../../../components/monitoring/grafana/program";
import { renderGrafana } from "../../../components/monitoring/grafana/render";
import { parseCloud } from "../../../config";
import { subjects } from "../../../tools/dashboards";
import { rawCloud } from "../../helpers/config-mutations";

const state = renderGrafana(planGrafana({ pages: { networks: ["192.0.2.0/25"] } })!, dashboardTexts());
const setting = (path: string): string | undefined => {
  const found = state.settings!["/etc/grafana/grafana.ini"]!.set.find((one) => one.path.join(" ") === path);
  return found && previewText(found.value);
};
const file = (path: string): string => previewText(state.files![path]!.content);

/** The cloud of the tests with this in the place of `monitoring.grafana`. */
const cloudWith = (grafana?: GrafanaMode) => {
  const raw = rawCloud("prod");
  return parseCloud({
    ...raw,
    projectId: "11111111-2222-4333-8444-555555555555",
    monitoring: { ...(raw.monitoring as object | undefined), ...(grafana && { grafana }) },
  });
};

describe("Grafana", () => {
  it.each([
    [undefined, false],
    [GrafanaMode.Required, false],
    [GrafanaMode.Optional, true],
    [GrafanaMode.Off, undefined],
  ])("%s", (mode, optional) => {
    expect(planGrafana({ mode })?.optional).toBe(optional);
  });

  it("is required where the stack file says nothing, and the last layer of the front-end", () => {
    const layers = (mode?: GrafanaMode): string[] =>
      plannedLayers(planCloud(cloudWith(mode)))
        .filter(({ host }) => host === "fe")
        .map(({ layer }) => layer);
    expect(cloudWith().monitoring!.grafana).toBe(GrafanaMode.Required);
    expect(layers().slice(-2)).toEqual(["security", "grafana"]);
    expect(layers(GrafanaMode.Off)).not.toContain("grafana");
  });

  it("may be fetched from its vendor, where it is wanted, and from nowhere else", () => {
    const reached = (mode?: GrafanaMode) => configuredDestinations(cloudWith(mode))[Destination.GrafanaRepository];
    expect(reached()).toEqual([
      { host: "apt.grafana.com", port: 443 },
      { host: "apt.grafana.com", port: 443 },
    ]);
    expect(reached(GrafanaMode.Off)).toEqual([]);
    expect(state.repositories!.grafana).toMatchObject({
      uri: "https://apt.grafana.com",
      key: { url: expect.stringMatching(/^https:\/\/apt\.grafana\.com\//) as string },
    });
    const mirror = { url: "http://mirror.example:8080/grafana", keyUrl: "http://mirror.example:8080/key" };
    const { monitoring, ...rest } = cloudWith();
    const cloud = { ...rest, monitoring: { ...monitoring, grafanaRepository: mirror } };
    const host = { host: "mirror.example", port: 8080 };
    expect(configuredDestinations(cloud)[Destination.GrafanaRepository]).toEqual([host, host]);
    expect(renderGrafana(planGrafana(planCloud(cloud).grafana!)!, dashboardTexts()).repositories!.grafana!.uri).toBe(
      mirror.url,
    );
  });

  it("listens on loopback, below its path, and calls nobody", () => {
    expect([setting("server http_addr"), setting("server http_port")]).toEqual([
      "127.0.0.1",
      String(services.grafana.port),
    ]);
    expect(setting("server root_url")).toBe("https://<monitoring.publicAddress>/grafana/");
    for (const [path] of [["reporting_enabled"], ["check_for_updates"], ["check_for_plugin_updates"]])
      expect(setting(`analytics ${path}`)).toBe("false");
  });

  it("has a generated password, which only root and Grafana read", () => {
    expect(state.files!["/etc/grafana/admin-password"]).toMatchObject({ secret: true, mode: "0640", group: "grafana" });
    expect(file("/etc/grafana/admin-password")).toBe("<secret grafana.adminPassword>");
    expect(setting("security admin_password")).toBe("$__file{/etc/grafana/admin-password}");
    expect(JSON.stringify(state.sequence)).not.toContain("grafana.adminPassword");
  });

  it("finds the cloud's Prometheus and every dashboard", () => {
    expect(file("/etc/grafana/provisioning/datasources/opennebula-scaleway.yaml")).toContain(
      `url: http://127.0.0.1:${services.prometheus.port}/prometheus\n`,
    );
    const folder = /path: (\S+)/.exec(file("/etc/grafana/provisioning/dashboards/opennebula-scaleway.yaml"))![1]!;
    const dashboards = Object.keys(state.files!).filter((path) => path.startsWith(`${folder}/`));
    expect(dashboards.map((path) => (JSON.parse(file(path)) as { uid: string }).uid).sort()).toEqual(
      subjects.map(({ uid }) => uid).sort(),
    );
  });

  it("is shown to the administrators' networks alone, and without a proxy to nobody", () => {
    const locations = "/etc/nginx/opennebula-scaleway.d/grafana.conf";
    expect(file(locations)).toMatch(/location \/grafana\/ \{[^}]*allow 192\.0\.2\.0\/25;\s+deny all;/);
    const alone = renderGrafana(planGrafana({})!, dashboardTexts());
    expect(alone.files![locations]).toBeUndefined();
  });
});
