// SPDX-License-Identifier: Apache-2.0
import { plainFiles } from "../../host/program";

/** The dashboards of `onhost/grafana`, by file name. */
export function dashboardTexts(): Record<string, string> {
  return plainFiles("grafana", "dashboards");
}
