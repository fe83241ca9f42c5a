// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import type { ActionStep, FileEntry, HostState } from "../host/state";
import { ref, secretRef, text } from "../host/text";
import { tlsHost } from "../host/tls";
import { acmeFirst, acmeState, acmeSteps } from "./acme";
import { EXPIRY_PROGRAM, EXPIRY_UNIT, expiryFiles } from "./expiry";
import { nginxConf } from "./nginx";
import type { TlsPlan } from "./plan";

const PROXY_CONF = "/etc/nginx/conf.d/opennebula-scaleway.conf";
const DEFAULT_SITE = "/etc/nginx/sites-enabled/default";
const UNIT_DROP_IN = "/etc/systemd/system/nginx.service.d/opennebula-scaleway.conf";

/** References that whoever carries this part resolves. */
export const tlsValue = {
  /** The certificate with its chain, PEM. */
  certificate: ref("tls.certificate"),
  key: secretRef("tls.key"),
};

/** nginx with the certificate, and what tells when that ends. */
export function renderTls(plan: TlsPlan): HostState {
  const acme = plan.acme && acmeState(plan.acme);
  const certificates = { proxy: tlsHost.certificate, ...(acme ? { public: `${tlsHost.live}/fullchain.pem` } : {}) };
  return {
    packages: { "nginx-light": "*", openssl: "*", ...acme?.packages },
    directories: { [tlsHost.directory]: { mode: "0700" }, [tlsHost.locations]: {}, ...acme?.directories },
    files: {
      ...certificateFiles(),
      ...expiryFiles(certificates),
      ...acme?.files,
      [PROXY_CONF]: { content: nginxConf(plan) },
      [UNIT_DROP_IN]: { content: unitDropIn() },
    },
    sequence: [
      withoutDefaultSite(),
      ...(acme ? [acmeFirst()] : []),
      {
        unit: tlsHost.unit,
        reload: true,
        restartOn: [PROXY_CONF, tlsHost.certificate, tlsHost.key, `action:${withoutDefaultSite().action}`],
        ready: `tcp:127.0.0.1:${services.https.port}`,
      },
      {
        action: "certificate-expiry",
        needed: `! ${EXPIRY_PROGRAM} --check`,
        run: EXPIRY_PROGRAM,
        rerunOn: [tlsHost.certificate],
      },
      ...(plan.acme ? acmeSteps(plan.acme) : []),
      { unit: `${EXPIRY_UNIT}.timer`, restartOn: [`/etc/systemd/system/${EXPIRY_UNIT}.timer`] },
    ],
  };
}

function certificateFiles(): Record<string, FileEntry> {
  return {
    [tlsHost.certificate]: { content: text`${tlsValue.certificate}` },
    [tlsHost.key]: { content: text`${tlsValue.key}`, mode: "0600", secret: true },
  };
}

/** The distribution's example site claims port 80 for itself. */
function withoutDefaultSite(): ActionStep {
  return {
    action: "no-default-site",
    needed: `test -L ${DEFAULT_SITE} || test -e ${DEFAULT_SITE}`,
    run: `rm -f ${DEFAULT_SITE}`,
    undo: `ln -sfn ../sites-available/default ${DEFAULT_SITE}`,
  };
}

/** The management address may come later than nginx at boot. */
function unitDropIn(): string {
  return [
    "[Unit]",
    "Wants=network-online.target",
    "After=network-online.target",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    "Restart=on-failure",
    "RestartSec=5",
    "",
  ].join("\n");
}
