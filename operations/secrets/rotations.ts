// SPDX-License-Identifier: Apache-2.0
import { cloudDefaults, services, type CredentialName } from "../../catalogue";
import { pages, PAGES_USER } from "../../components/monitoring/pages";
import type { DeployedCloud } from "../cloud";
import {
  asked,
  keepRepositoryPassword,
  opensHosts,
  opensOned,
  opensRepository,
  settleRepositoryPassword,
} from "./logins";
import { dropOneadminKey, keepOneadminKey } from "./on-host";
import { reveal, type StackResource } from "../stack";

/** How one credential is asked whether it still opens something. */
export interface Rotation {
  /** What of the resource proves that it works; secret for all but public keys. */
  valueOf: (resource: StackResource) => string;
  /** Whether the value opens what it is for. Throws where that cannot be told: silence is no proof. */
  opens: (cloud: DeployedCloud, value: string) => Promise<boolean>;
  /** Begins a time in which both values are in use; may be done twice. @default there is none: the run switches at once */
  prepare?: (cloud: DeployedCloud, value: string) => Promise<void>;
  /**
   * Ends what {@link prepare} began, also of a run that was killed, as far as nothing needs the old value any more; does nothing where
   * nothing was begun. Its value is the one of the stack's state.
   */
  settle?: (cloud: DeployedCloud, value: string) => Promise<void>;
}

/** The credentials that a run with a new resource replaces without a gap, and how each is proven. */
export const rotations: Partial<Record<CredentialName, Rotation>> = {
  "database-password": {
    valueOf: (resource) => outputOf(resource, "result"),
    opens: (cloud, value) =>
      asked(
        cloud,
        [
          "IFS= read -r MYSQL_PWD",
          "export MYSQL_PWD",
          'if said="$(mariadb --user=oneadmin --execute="SELECT 1" opennebula 2>&1)"; then echo yes; exit; fi',
          'case "$said" in *"Access denied"*) echo no ;; *) echo "the database does not answer" >&2; exit 1 ;; esac',
        ].join("\n"),
        value,
      ),
  },
  "oneadmin-password": {
    valueOf: (resource) => outputOf(resource, "result"),
    opens: (cloud, value) => opensOned(cloud, "oneadmin", value),
  },
  "exporter-password": {
    valueOf: (resource) => outputOf(resource, "result"),
    opens: (cloud, value) => opensOned(cloud, "exporter", value),
  },
  "oneadmin-ssh-key": {
    valueOf: (resource) => outputOf(resource, "privateKeyOpenssh"),
    opens: opensHosts,
    prepare: keepOneadminKey,
    // A host that did not get the new key yet is reached with the old one alone.
    settle: async (cloud, key) => {
      if (await opensHosts(cloud, key)) await dropOneadminKey(cloud);
    },
  },
  "backup-password": {
    valueOf: (resource) => outputOf(resource, "result"),
    opens: (cloud, password) => opensRepository(cloud, { password }),
    prepare: keepRepositoryPassword,
    settle: settleRepositoryPassword,
  },
  "backup-api-key": {
    valueOf: (resource) =>
      JSON.stringify({ accessKey: outputOf(resource, "accessKey"), secretKey: outputOf(resource, "secretKey") }),
    opens: (cloud, pair) => opensRepository(cloud, JSON.parse(pair) as { accessKey: string; secretKey: string }),
  },
  "agent-api-key": {
    valueOf: (resource) => outputOf(resource, "secretKey"),
    opens: (cloud, value) => {
      const { zone, projectId, networks } = cloud.config;
      const api = networks.scalewayApi ?? cloudDefaults.scalewayApi;
      const url = `${api}/flexible-ip/v1alpha1/zones/${zone}/fips?project_id=${projectId}`;
      return asked(
        cloud,
        [
          "python3 -I -c '",
          "import sys, urllib.error, urllib.request",
          'request = urllib.request.Request(sys.argv[1], headers={"X-Auth-Token": sys.stdin.readline().strip()})',
          "try:",
          "    urllib.request.urlopen(request, timeout=20)",
          '    print("yes")',
          "except urllib.error.HTTPError as error:",
          '    if error.code not in (401, 403): sys.exit("Scaleway answered %d" % error.code)',
          '    print("no")',
          `' '${url}'`,
        ].join("\n"),
        value,
      );
    },
  },
  "monitoring-password": {
    valueOf: (resource) => outputOf(resource, "result"),
    opens: (cloud, value) =>
      asked(
        cloud,
        [
          "python3 -I -c '",
          "import base64, ssl, sys, urllib.error, urllib.request",
          `login = base64.b64encode(("${PAGES_USER}:" + sys.stdin.readline().strip()).encode()).decode()`,
          'request = urllib.request.Request(sys.argv[1], headers={"Authorization": "Basic " + login})',
          "try:",
          // Whom the proxy's certificate names is not the question here.
          "    urllib.request.urlopen(request, timeout=20, context=ssl._create_unverified_context())",
          '    print("yes")',
          "except urllib.error.HTTPError as error:",
          '    if error.code != 401: sys.exit("the proxy answered %d" % error.code)',
          '    print("no")',
          `' 'https://127.0.0.1:${services.https.port}${pages.prometheus}-/ready'`,
        ].join("\n"),
        value,
      ),
  },
  "tls-proxy-key": {
    valueOf: (resource) => outputOf(resource, "publicKeyPem"),
    opens: (cloud, value) =>
      asked(
        cloud,
        [
          'wanted="$(cat)"',
          `shown="$(openssl s_client -connect 127.0.0.1:${services.https.port} </dev/null 2>/dev/null | openssl x509 -noout -pubkey)"`,
          'if [ "$shown" = "$wanted" ]; then echo yes; else echo no; fi',
        ].join("\n"),
        value.trim(),
      ),
  },
};

function outputOf(resource: StackResource, name: string): string {
  const value = (reveal(resource.outputs ?? {}) as Record<string, unknown>)[name];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${resource.urn}: the stack's state has no ${name}; run \`pulumi up\` first`);
}
