// SPDX-License-Identifier: Apache-2.0

/** What a person may do inside OpenNebula. */
export enum AccessRole {
  /** Everything: a member of OpenNebula's own group `oneadmin`. */
  Admin = "admin",
  /** Runs hosts, storage, networks and everybody's VMs; gives no rights to anybody. */
  Operator = "operator",
  /** Makes things of their own inside the sandbox. */
  Developer = "developer",
  /** Sees, and changes nothing. */
  Auditor = "auditor",
}

/** How a person proves who they are to OpenNebula. */
export enum AuthDriver {
  /** A password that oned knows the hash of. */
  Core = "core",
  /** An RSA key pair: OpenNebula's `oneauth` makes tokens with the private half. */
  Ssh = "ssh",
  /** A client certificate, by its subject. */
  X509 = "x509",
  /** The directory that `auth/ldap_auth.conf` names. */
  Ldap = "ldap",
}
