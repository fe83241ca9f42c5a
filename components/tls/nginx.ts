// SPDX-License-Identifier: Apache-2.0
import { services } from "../../catalogue";
import { proxyTo, tlsHost } from "../host/tls";
import type { TlsPlan } from "./plan";

/** Mozilla's "intermediate" set: forward secrecy and authenticated encryption only; TLS 1.3 has no others. */
const CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];
const YEAR = 31_536_000;

/**
 * The proxy's configuration, for nginx's `http` block. TLS is set in each server, because the distribution's own settings around
 * it allow older versions.
 */
export function nginxConf(plan: TlsPlan): string {
  const { https, http, onedTls, oneflowTls, oned, oneflow } = services;
  const name = plan.publicName ?? "_";
  const pages = httpsPages(plan);
  return lines([
    "map $http_upgrade $opennebula_connection {",
    "  default upgrade;",
    '  "" "";',
    "}",
    `log_format opennebula '$remote_addr "$request" $status $body_bytes_sent $request_time';`,
    ...callLog(),
    "server_tokens off;",
    "",
    ...server([
      `listen ${http.port} default_server;`,
      `listen [::]:${http.port} default_server;`,
      `server_name ${name};`,
      ...log("http"),
      ...(plan.acme && !plan.acme.dns
        ? [
            "location ^~ /.well-known/acme-challenge/ {",
            `  root ${tlsHost.challenges};`,
            '  default_type "text/plain";',
            "}",
          ]
        : []),
      "location / {",
      // The target's scheme is written out: one that follows the request's would send browsers here again.
      "  return 308 https://$host$request_uri;",
      "}",
    ]),
    ...server([
      `listen ${https.port} ssl http2 default_server;`,
      `listen [::]:${https.port} ssl http2 default_server;`,
      `server_name ${plan.acme ? "_" : name};`,
      ...tls(),
      ...pages,
    ]),
    // An ACME authority certifies the public names alone; programs in the management network go on with the stack's own authority.
    ...(plan.acme
      ? server([
          `listen ${https.port} ssl http2;`,
          `listen [::]:${https.port} ssl http2;`,
          `server_name ${plan.acme.names.join(" ")};`,
          ...tls(tlsHost.live),
          ...pages,
        ])
      : []),
    ...api("oned", `${plan.bind.oned}:${onedTls.port}`, `${plan.upstream.oned}:${oned.port}`, "= /RPC2"),
    ...api("oneflow", `${plan.bind.oneflow}:${oneflowTls.port}`, `${plan.upstream.oneflow}:${oneflow.port}`, "/"),
  ]);
}

/** What the HTTPS server shows, whatever name it is called by. */
function httpsPages(plan: TlsPlan): string[] {
  const { fireedge } = services;
  return [
    ...log("https"),
    `add_header Strict-Transport-Security "max-age=${YEAR}" always;`,
    'add_header X-Content-Type-Options "nosniff" always;',
    'add_header X-Frame-Options "SAMEORIGIN" always;',
    'add_header Referrer-Policy "same-origin" always;',
    // Images are uploaded through FireEdge.
    "client_max_body_size 0;",
    "absolute_redirect off;",
    "location = / {",
    "  return 302 /fireedge/;",
    "}",
    "location / {",
    ...indent(proxyTo(`${plan.upstream.fireedge}:${fireedge.port}`)),
    "  proxy_http_version 1.1;",
    "  proxy_set_header Upgrade $http_upgrade;",
    "  proxy_set_header Connection $opennebula_connection;",
    "  proxy_request_buffering off;",
    // What FireEdge says of its own plain address becomes an address of this server.
    `  proxy_redirect ~^https?://[^/]+(/.*)$ $1;`,
    "}",
    `include ${tlsHost.locations}/*.conf;`,
  ];
}

/**
 * Calls of oned's API with the caller's address, which oned does not see behind the proxy. Of the body only the method and the name before
 * the session's colon are written. A body that does not fit in memory is an upload, and its call is in oned's log alone.
 */
function callLog(): string[] {
  return [
    "map $request_body $opennebula_method {",
    '  default "-";',
    '  "~<methodName>\\s*(?<called>[\\w.]{1,64})" $called;',
    "}",
    "map $request_body $opennebula_user {",
    '  default "-";',
    '  "~<params>\\s*<param>\\s*<value>\\s*(?:<string>)?(?<caller>[^:<]{1,128}):" $caller;',
    "}",
    "log_format opennebula_call escape=json",
    `  '{"address":"$remote_addr","user":"$opennebula_user","method":"$opennebula_method","status":"$status","seconds":"$request_time"}';`,
  ];
}

/** A server for programs, on the management address alone. */
function api(name: "oned" | "oneflow", listen: string, upstream: string, path: string): string[] {
  const isOned = name === "oned";
  return server([
    `listen ${listen} ssl;`,
    "server_name _;",
    ...log(name, isOned ? "opennebula_call" : undefined),
    ...(isOned ? ["client_body_buffer_size 256k;"] : []),
    ...tls(),
    "client_max_body_size 64m;",
    ...(path === "/" ? [] : ["location / {", "  return 404;", "}"]),
    `location ${path} {`,
    ...indent(proxyTo(upstream)),
    "}",
  ]);
}

function server(body: string[]): string[] {
  return ["server {", ...indent(body), "}", ""];
}

function tls(directory: string = tlsHost.directory): string[] {
  return [
    `ssl_certificate ${directory}/fullchain.pem;`,
    `ssl_certificate_key ${directory}/key.pem;`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    `ssl_ciphers ${CIPHERS.join(":")};`,
    "ssl_prefer_server_ciphers off;",
    "ssl_session_cache shared:opennebula:10m;",
    "ssl_session_timeout 1d;",
    // Tickets would be sealed with one key for as long as nginx runs.
    "ssl_session_tickets off;",
  ];
}

/** Every request is a journald record of its own identifier, with the caller's address that the services behind do not see. */
function log(server: string, format = "opennebula"): string[] {
  return [`access_log syslog:server=unix:/dev/log,nohostname,tag=opennebula_proxy_${server} ${format};`];
}

function indent(body: string[]): string[] {
  return body.map((line) => `  ${line}`);
}

function lines(all: string[]): string {
  return `${all.join("\n").trimEnd()}\n`;
}
