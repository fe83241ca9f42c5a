// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { convergeLayer, type HostConnection } from "../../host";
import { pagesValue, pageUrl } from "../pages";
import { planGrafana, type GrafanaPlanArgs } from "./plan";
import { dashboardTexts } from "./program";
import { GRAFANA_USER, grafanaValue, renderGrafana } from "./render";

export interface GrafanaArgs extends GrafanaPlanArgs {
  /** Name of the front-end host, which runs it. */
  host: string;
  connection: HostConnection;
  /** The front-end's public address. */
  publicAddress: pulumi.Input<string>;
  /** The machine itself: what is installed on it goes with it. */
  server: pulumi.Resource;
}

/** How people see the dashboards, or why they cannot. */
export interface GrafanaOutputs {
  installed: pulumi.Output<boolean>;
  /** Undefined where it is installed. */
  reason: pulumi.Output<string | undefined>;
  url: pulumi.Output<string>;
  username: string;
  /** A secret. */
  password: pulumi.Output<string>;
}

/**
 * Grafana on the front-end. It comes from its vendor's repository, so it is a layer that nothing else needs and that comes last: whether
 * a run may end well without it is the stack file's choice.
 */
export class Grafana extends pulumi.ComponentResource {
  /** Undefined where nobody wants it. */
  readonly outputs?: GrafanaOutputs;

  constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = planGrafana(args);
    super("opennebula-scaleway:index:Grafana", name, { host: args.host, optional: plan?.optional ?? true }, opts);
    if (plan) {
      const { host, connection, publicAddress, server } = args;
      const parent = { parent: this };
      const { result } = new random.RandomPassword(`${name}-admin`, { length: 32, special: false }, parent);
      const password = pulumi.secret(result);
      const { answer } = convergeLayer(
        name,
        {
          host,
          layer: "grafana",
          connection,
          state: renderGrafana(plan, dashboardTexts()),
          values: { [grafanaValue.password.ref]: password, [pagesValue.publicAddress.ref]: publicAddress },
          detached: { optional: plan.optional },
        },
        { ...parent, deletedWith: server },
      );
      // An answer never shows a secret.
      const plain = pulumi.unsecret(answer);
      this.outputs = {
        installed: plain.apply(({ ok }) => ok),
        reason: plain.apply(({ error }) => error && `${error.step}: ${error.message}`),
        url: pulumi.output(publicAddress).apply((address) => pageUrl(plan.pages, address, "grafana")),
        username: GRAFANA_USER,
        password,
      };
    }
    this.registerOutputs({ grafana: this.outputs });
  }
}
