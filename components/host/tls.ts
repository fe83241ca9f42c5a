// SPDX-License-Identifier: Apache-2.0

const DIRECTORY = "/etc/opennebula-scaleway/tls";

/**
 * What layers of the front-end may rely on of its TLS proxy, whatever makes the certificate. The files are there when the layer
 * `frontend` is done; a renewal replaces them and reloads the proxy.
 */
export const tlsHost = {
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
