// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { services, type ServiceName } from "../../catalogue";
import type { FileEntry, Step } from "../host/state";
import { ref, resolveText, secretRef, text, type Text } from "../host/text";
import { proxyTo, tlsHost } from "../host/tls";

/** Who may see the pages, and where they are. */
export interface PagesArgs {
  /** Networks in CIDR notation from which the pages may be asked for, IPv4 or IPv6. */
  networks: string[];
  /** The proxy's public name. @default the front-end's public address */
  name?: string;
}

/** The one login of the pages; who may do more than look at them has another way in anyhow: SSH. */
export const PAGES_USER = "monitoring";
const LOCATIONS = `${tlsHost.locations}/monitoring.conf`;
const LOGINS = `${tlsHost.locations}/monitoring.htpasswd`;

/** References that the monitoring layer resolves. */
export const pagesValue = {
  publicAddress: ref("monitoring.publicAddress"),
  /** The line of {@link LOGINS}. */
  login: secretRef("monitoring.pagesLogin"),
};

/** The pages by the path below which each is served; the programs know it too (`--web.external-url`). */
export const pages = {
  prometheus: "/prometheus/",
  alertmanager: "/alertmanager/",
  /** Has logins of its own. */
  grafana: "/grafana/",
} as const satisfies Partial<Record<ServiceName, string>>;

/** Address of a page's program for the front-end itself, without slash at the end; each listens on the loopback address alone. */
export function localPage(page: keyof typeof pages): string {
  return `http://127.0.0.1:${services[page].port}${pages[page].replace(/\/$/, "")}`;
}

/** Address of the pages, without slash at the end: behind the proxy, else through SSH. */
export function externalUrl(args: PagesArgs | undefined): Text {
  return args ? text`https://${args.name ?? pagesValue.publicAddress}` : "http://localhost";
}

/**
 * A login as nginx's basic auth takes it. The password is a long generated one, which no number of guesses finds, so a fast hash does: a
 * slow one would hold up whatever else the proxy serves, at every request. No salt is needed for what is used once; it keeps the
 * hash apart from that of the same text elsewhere.
 *
 * @param password - at least 128 bits of chance.
 */
export function htpasswd(user: string, password: string): string {
  const salt = Buffer.from(`opennebula-scaleway ${user}`);
  const digest = createHash("sha1").update(password).update(salt).digest();
  return `${user}:{SSHA}${Buffer.concat([digest, salt]).toString("base64")}\n`;
}

/** Address of a page for people. @param publicAddress - the front-end's. */
export function pageUrl(args: PagesArgs | undefined, publicAddress: string, page: keyof typeof pages): string {
  return `${resolveText(externalUrl(args), () => publicAddress)}${pages[page]}`;
}

/**
 * A page's location: from the given networks and the host itself, and for nobody else.
 *
 * @param more - further directives of it.
 */
export function location({ networks }: PagesArgs, page: keyof typeof pages, more: readonly string[]): string {
  const body = [
    ...["127.0.0.1", "::1", ...networks].map((network) => `allow ${network};`),
    "deny all;",
    ...proxyTo(`127.0.0.1:${services[page].port}`),
    ...more,
  ];
  return [`location ${pages[page]} {`, ...body.map((line) => `  ${line}`), "}", ""].join("\n");
}

/** The pages that have no login of their own get the proxy's. */
export function pageLocations(args: PagesArgs): string {
  const login = [
    'auth_basic "monitoring";',
    `auth_basic_user_file ${LOGINS};`,
    // The login is this proxy's affair.
    'proxy_set_header Authorization "";',
  ];
  return location(args, "prometheus", login) + location(args, "alertmanager", login);
}

/** Puts a changed file of locations into effect. */
export function reloadProxy(layer: string, file: string): Step {
  return {
    action: `reload-proxy-for-${layer}`,
    needed: "false",
    run: `nginx -t -q\nsystemctl reload ${tlsHost.unit}`,
    rerunOn: [file],
  };
}

/** What the proxy on the front-end needs for the pages. */
export function proxiedPages(args: PagesArgs): { files: Record<string, FileEntry>; sequence: Step[] } {
  return {
    files: {
      [LOCATIONS]: { content: pageLocations(args) },
      [LOGINS]: { content: text`${pagesValue.login}`, group: tlsHost.group, mode: "0640", secret: true },
    },
    sequence: [reloadProxy("monitoring", LOCATIONS)],
  };
}
