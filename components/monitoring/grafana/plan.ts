// SPDX-License-Identifier: Apache-2.0
import { GRAFANA_REPOSITORY, GrafanaMode, type GrafanaRepository } from "../../../catalogue";
import type { PagesArgs } from "../pages";

export interface GrafanaPlanArgs {
  /** @default GrafanaMode.Required */
  mode?: GrafanaMode;
  /** @default the vendor's */
  repository?: GrafanaRepository;
  /** Who may see its page behind the front-end's TLS proxy. @default nobody: there is no proxy */
  pages?: PagesArgs;
}

/** Grafana with everything that is known before anything exists. */
export interface GrafanaPlan {
  /** Whether a run may end well without it. */
  optional: boolean;
  repository: GrafanaRepository;
  /** Undefined where no proxy serves it. */
  pages?: PagesArgs;
}

/** Plans Grafana; undefined where nobody wants it. */
export function planGrafana(args: GrafanaPlanArgs): GrafanaPlan | undefined {
  const { mode = GrafanaMode.Required, repository = GRAFANA_REPOSITORY, pages } = args;
  return mode === GrafanaMode.Off ? undefined : { optional: mode === GrafanaMode.Optional, repository, pages };
}
