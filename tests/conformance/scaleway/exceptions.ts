// SPDX-License-Identifier: Apache-2.0

/** Recorded answers that the emulator gives differently on purpose. */
export interface Exception {
  scenario: string;
  /** Numbers of the calls, from 1. */
  calls: number[];
  reason: string;
}

export const exceptions: Exception[] = [
  {
    scenario: "account.Project/change-organization",
    calls: [4, 5, 6],
    reason:
      "The recorded API let a key of one organization make a project in another one. The emulator has one organization " +
      "and refuses that with 403, as the real API must.",
  },
  {
    scenario: "elasticmetal.Server/full",
    calls: [43],
    reason:
      "The recorded API threw a booked IPAM address away with the server that used it. At the real API a booked address " +
      "outlives its NIC, and so it does here.",
  },
  {
    scenario: "elasticmetal.Server/ipam-forbidden",
    calls: [14],
    reason:
      'A refusal that the recorder wrote by hand names the product, "ipam"; the refusal of a write to the same path was ' +
      'recorded with the object, "ip". The emulator says "ip" in both.',
  },
  {
    scenario: "elasticmetal.Server/private-networks-empty-array",
    calls: [20],
    reason:
      "The recorder made the API answer an empty list, to show that the provider panics at it. The emulator answers an " +
      "empty set without the list, as in every other recording.",
  },
];
