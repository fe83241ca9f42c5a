// SPDX-License-Identifier: Apache-2.0
import { stringify } from "yaml";
import { services } from "../../../catalogue";
import { SettingsSyntax, type FileEntry, type HostState, type Step } from "../../host/state";
import { secretRef, text, type Text } from "../../host/text";
import { tlsHost } from "../../host/tls";
import { externalUrl, localPage, location, pages, reloadProxy } from "../pages";
import type { GrafanaPlan } from "./plan";

/** The series that the dashboards are written for. */
const VERSION = "12.*";
const SETTINGS = "/etc/grafana/grafana.ini";
const PASSWORD = "/etc/grafana/admin-password";
const DATASOURCES = "/etc/grafana/provisioning/datasources/opennebula-scaleway.yaml";
const PROVIDER = "/etc/grafana/provisioning/dashboards/opennebula-scaleway.yaml";
const DASHBOARDS = "/usr/local/share/opennebula-scaleway/dashboards";
const LIMITS_FOLDER = "/etc/systemd/system/grafana-server.service.d";
const LIMITS = `${LIMITS_FOLDER}/opennebula-scaleway.conf`;
const LOCATIONS = `${tlsHost.locations}/grafana.conf`;
const DATA = "/var/lib/grafana";
const HOME = "/usr/share/grafana";

/** The account that Grafana begins with. */
export const GRAFANA_USER = "admin";

/** References that the layer resolves. */
export const grafanaValue = { password: secretRef("grafana.adminPassword") };

/**
 * Grafana from its vendor's repository, with the cloud's Prometheus and dashboards, behind the front-end's proxy.
 *
 * @param dashboards - each a JSON document, by file name.
 */
export function renderGrafana(plan: GrafanaPlan, dashboards: Record<string, string>): HostState {
  const { unit, port } = services.grafana;
  const group = { group: "grafana", mode: "0640" };
  const { url, keyUrl, keyFingerprint: fingerprint } = plan.repository;
  return {
    repositories: {
      grafana: { uri: url, suites: ["stable"], components: ["main"], key: { url: keyUrl, fingerprint } },
    },
    packages: { grafana: VERSION },
    directories: { [DASHBOARDS]: {}, [LIMITS_FOLDER]: {} },
    files: {
      [PASSWORD]: { content: text`${grafanaValue.password}`, ...group, secret: true },
      [DATASOURCES]: { content: dataSource(), ...group },
      [PROVIDER]: { content: dashboardProvider(), ...group },
      [LIMITS]: { content: ["[Service]", "MemoryMax=512M", "CPUWeight=50", ""].join("\n") },
      ...dashboardFiles(dashboards),
      ...(plan.pages ? { [LOCATIONS]: { content: location(plan.pages, "grafana", websockets) } } : {}),
    },
    settings: {
      [SETTINGS]: {
        syntax: SettingsSyntax.Ini,
        set: Object.entries(settings(plan)).map(([path, value]) => ({ path: path.split(" "), value })),
      },
    },
    sequence: [
      {
        unit,
        restartOn: [SETTINGS, DATASOURCES, PROVIDER, LIMITS, "package:grafana"],
        ready: `http://127.0.0.1:${port}/api/health`,
        timeoutSeconds: 180,
      },
      adminPassword(),
      ...(plan.pages ? [reloadProxy("grafana", LOCATIONS)] : []),
    ],
  };
}

/** By section and key. It calls nobody: the firewall would let it reach no one but its repository. */
function settings(plan: GrafanaPlan): Record<string, Text> {
  return {
    "paths data": DATA,
    "server http_addr": "127.0.0.1",
    "server http_port": String(services.grafana.port),
    "server root_url": text`${externalUrl(plan.pages)}${pages.grafana}`,
    "server serve_from_sub_path": "true",
    "analytics reporting_enabled": "false",
    "analytics check_for_updates": "false",
    "analytics check_for_plugin_updates": "false",
    "plugins preinstall_disabled": "true",
    "plugins public_key_retrieval_disabled": "true",
    "news news_feed_enabled": "false",
    "snapshots external_enabled": "false",
    "security admin_user": GRAFANA_USER,
    "security admin_password": `$__file{${PASSWORD}}`,
    "security disable_gravatar": "true",
    "security cookie_secure": String(plan.pages !== undefined),
    "security cookie_samesite": "strict",
    "users allow_sign_up": "false",
    "auth.anonymous enabled": "false",
  };
}

/** The one data source; dashboards take the default one. */
function dataSource(): string {
  return stringify({
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        name: "Prometheus",
        uid: "opennebula-scaleway",
        type: "prometheus",
        access: "proxy",
        url: localPage("prometheus"),
        isDefault: true,
        editable: false,
      },
    ],
  });
}

function dashboardProvider(): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: "opennebula-scaleway",
        folder: "OpenNebula",
        type: "file",
        disableDeletion: true,
        allowUiUpdates: false,
        options: { path: DASHBOARDS },
      },
    ],
  });
}

/** Grafana takes a changed file without a restart. */
function dashboardFiles(texts: Record<string, string>): Record<string, FileEntry> {
  const files = Object.entries(texts).map(([file, text]) => {
    const document = JSON.parse(text) as object;
    return [`${DASHBOARDS}/${file}`, { content: `${JSON.stringify(document)}\n` }];
  });
  return Object.fromEntries(files) as Record<string, FileEntry>;
}

/**
 * Grafana reads the setting when it makes its database, and never again. The program itself is called: what the package puts before it on
 * the path gives it, in some versions, options that it refuses.
 */
function adminPassword(): Step {
  const words = [`${HOME}/bin/grafana cli`, `--homepath ${HOME}`, `--config ${SETTINGS}`, "admin reset-admin-password"];
  return {
    action: "grafana-admin-password",
    needed: "false",
    run: `${words.join(" ")} --password-from-stdin <${PASSWORD}`,
    user: "grafana",
    rerunOn: [PASSWORD],
  };
}

/** Live panels. */
const websockets = [
  "proxy_http_version 1.1;",
  "proxy_set_header Upgrade $http_upgrade;",
  "proxy_set_header Connection $opennebula_connection;",
];
