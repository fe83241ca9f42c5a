// SPDX-License-Identifier: Apache-2.0

export interface GateArgs {
  /** Where the gate listens. */
  address: string;
  port: number;
  /** Where the store listens on loopback. */
  storePort: number;
  ca: string;
  certificate: string;
  key: string;
}

/** Where nginx keeps its files; must exist when its configuration is judged. */
export const GATE_STATE = "/var/lib/opennebula-scaleway-log-gate";

/**
 * nginx before the store. Debian's systemd-journal-remote is built without GnuTLS and takes records from anybody, so the gate asks
 * for the certificate; it then speaks to the store from the loopback address that stands in it, and the store names its file by
 * that. So a host can write to its own file alone, whatever name its records claim.
 */
export function gate({ address, port, storePort, ca, certificate, key }: GateArgs): string {
  return `# opennebula-scaleway: lets hosts of this cloud, and nobody else, hand in their journals
pid ${GATE_STATE}/pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path ${GATE_STATE}/body;
  proxy_temp_path ${GATE_STATE}/proxy;
  fastcgi_temp_path ${GATE_STATE}/fastcgi;
  uwsgi_temp_path ${GATE_STATE}/uwsgi;
  scgi_temp_path ${GATE_STATE}/scgi;
  map $ssl_client_s_dn $source {
    "~(^|,)OU=(?<source_address>127\\.[0-9.]+)(,|$)" $source_address;
    default "";
  }
  server {
    listen ${address}:${port} ssl;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    ssl_client_certificate ${ca};
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    client_max_body_size 0;
    client_body_timeout 1h;
    location = /upload {
      if ($source = "") { return 403; }
      proxy_pass http://127.0.0.1:${storePort};
      proxy_bind $source;
      proxy_http_version 1.1;
      # Records go on as they come; an upload lasts as long as there are any.
      proxy_request_buffering off;
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
    }
    location / { return 404; }
  }
}
`;
}

/** Its own nginx, whatever another layer does with the host's. */
export function gateUnit(configuration: string): string {
  return [
    "[Unit]",
    "Description=Lets hosts hand in their journals",
    "After=network-online.target",
    "Wants=network-online.target",
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    `ExecStart=/usr/sbin/nginx -e stderr -c ${configuration} -g "daemon off;"`,
    `ReadWritePaths=${GATE_STATE}`,
    "Restart=always",
    "RestartSec=1",
    "CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE",
    "NoNewPrivileges=yes",
    "PrivateDevices=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "ProtectSystem=strict",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}
