// SPDX-License-Identifier: Apache-2.0

const DIRECTORY = "/etc/opennebula-scaleway/tls";

/**
 * What layers of the front-end may rely on of its TLS proxy, whatever makes the certificate. The files are there when the layer
 * `frontend` is done; a renewal replaces them and reloads the proxy.
 */
export const tlsHost = {
  /** The ACME client's driver (`onhost/acme/acme.py`) and its settings, in mode `acme`. */
  acme: {
    program: "/usr/local/lib/opennebula-scaleway/acme.py",
    settings: "/etc/opennebula-scaleway/acme/settings.json",
  },
  directory: DIRECTORY,
  /** The certificate with its chain, PEM. */
  certificate: `${DIRECTORY}/fullchain.pem`,
  /** Its private key, PEM; only root reads it. */
  key: `${DIRECTORY}/key.pem`,
  /**
   * Where the certificate of the public names comes from an ACME authority: link to the folder that holds it with its key, under
   * the same file names. Until there is one it leads to {@link directory}.
   */
  live: `${DIRECTORY}/public`,
  /** Pages by which an ACME authority sees that a name leads here. */
  challenges: "/var/lib/opennebula-scaleway-challenges",
  unit: "nginx.service",
  /**
   * Directory for further locations of the HTTPS server: one file `<layer>.conf` with `location` blocks. The layer that owns the
   * file reloads {@link unit} for it.
   */
  locations: "/etc/nginx/opennebula-scaleway.d",
  /** The group that reads a location's basic-auth file (mode 0640). */
  group: "www-data",
} as const;

/** VNC consoles and uploads of images take their time; FireEdge's own documentation asks for no less. */
const LONG = "600s";

/**
 * nginx directives of a location that hands requests on.
 *
 * @param upstream - `address:port` of what speaks plain HTTP on this host.
 */
export function proxyTo(upstream: string): string[] {
  return [
    `proxy_pass http://${upstream};`,
    "proxy_set_header Host $host;",
    "proxy_set_header X-Real-IP $remote_addr;",
    // Not appended to: what a caller claims about itself is worth nothing.
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
    `proxy_read_timeout ${LONG};`,
    `proxy_send_timeout ${LONG};`,
  ];
}
