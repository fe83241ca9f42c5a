// SPDX-License-Identifier: Apache-2.0
import { definePolicy } from "../define";

const DEFAULTS = [
  "opennebula",
  "oneadmin",
  "password",
  "admin",
  "changeme",
  "secret",
  "123456",
  "12345678",
  "root",
  "test",
  "default",
];

/** Passwords of manuals are what intruders try first. */
export const noDefaultPasswords = definePolicy({
  name: "no-default-passwords",
  description: "No user has a password that manuals print, or the own name.",
  level: "mandatory",
  reason: "It is a login for everybody.",
  severity: "critical",
  controls: ["SOC2 CC6.1"],
  cure: "Generate the password with random.RandomPassword.",
  types: ["opennebula:index:User"],
  check: ({ props }) => {
    const { name, password } = props as { name?: string; password?: string };
    return password !== undefined && (DEFAULTS.includes(password.toLowerCase()) || password === name)
      ? [`the user ${name ?? ""} has a default password`]
      : [];
  },
});
