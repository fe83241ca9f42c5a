// SPDX-License-Identifier: Apache-2.0
import { GrafanaMode } from "../../../catalogue";
import type { PagesArgs } from "../pages";

export interface GrafanaPlanArgs {
  /** @default GrafanaMode.Required */
  mode?: GrafanaMode;
  /** Who may see its page behind the front-end's TLS proxy. @default nobody: there is no proxy */
  pages?: PagesArgs;
}

/** Grafana with everything that is known before anything exists. */
export interface GrafanaPlan {
  /** Whether a run may end well without it. */
  optional: boolean;
  /** Undefined where no proxy serves it. */
  pages?: PagesArgs;
}

/** Plans Grafana; undefined where nobody wants it. */
export function planGrafana({ mode = GrafanaMode.Required, pages }: GrafanaPlanArgs): GrafanaPlan | undefined {
  return mode === GrafanaMode.Off ? undefined : { optional: mode === GrafanaMode.Optional, pages };
}
