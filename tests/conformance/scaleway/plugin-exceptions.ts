// SPDX-License-Identifier: Apache-2.0

/**
 * Scenarios in which the stand-in plugin does not answer as the real one was recorded, and why. A scenario that starts to match
 * makes its test red: then its line goes.
 */
export const pluginExceptions: Readonly<Record<string, string>> = {
  "elasticmetal.IpMacAddress/gone-refresh":
    "Where the MAC address has vanished the real plugin reports an internal error of its framework on a read and ends with " +
    "a panic on a delete; the stand-in names the flexible IP, and has nothing left to delete.",
  "elasticmetal.IpMacAddress/plain-ids":
    "After a move of the MAC address onto its own flexible IP it is gone: the same internal error, in the stand-in's words.",
  "elasticmetal.Server/check-failures":
    "One of its steps gives a partitioning that is no JSON: the real plugin repeats its JSON parser's words.",
  "elasticmetal.Server/offer-hourly-to-monthly":
    "The recording holds three runs of the step but the HTTP traffic of fewer; the refusal of the way back is in own words.",
  "elasticmetal.Server/private-networks-empty-array":
    "An empty array as the answer to the networks' PUT makes the real plugin panic; the stand-in takes it for what it is.",
  "provider/config-bad-secret-key":
    "The real plugin repeats the secret key in its refusal; the stand-in does not print secrets.",
};
