// SPDX-License-Identifier: Apache-2.0

/** Where alerts and dashboards send people who want to know what to do: the page that is made from the alerts. */
const RUNBOOKS = "https://github.com/OpenNebula/opennebula-scaleway/blob/main/docs/operations/alerts.md";

/** Address of an alert's runbook. */
export function runbookUrl(alert: string): string {
  return `${RUNBOOKS}#${alert.toLowerCase()}`;
}
