// SPDX-License-Identifier: Apache-2.0

/** Where traffic comes from or goes to. */
export enum TrustZone {
  /** The named networks of the administrators. */
  Admin = "admin",
  /** Operators and developers inside the VPN. */
  Vpn = "vpn",
  /** The hosts among each other, on the Scaleway private networks. */
  Private = "private",
  /** Virtual machines. */
  Guests = "guests",
  /** Everybody else. */
  Public = "public",
}
