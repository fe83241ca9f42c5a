// SPDX-License-Identifier: Apache-2.0
import type { Text } from "../host/text";
import { secretRef } from "../host/text";
import { token, yamlText } from "../host/structured";
import { Severity } from "./model";
import type { MonitoringPlan } from "./plan";

/** References that the monitoring layer resolves. */
export const routingSecret = {
  smtpPassword: secretRef("monitoring.smtpPassword"),
  slackWebhook: secretRef("monitoring.slackWebhook"),
  deadManUrl: secretRef("monitoring.deadManUrl"),
};

const HOUR = 3600;
const SUMMARY = "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.runbook_url }}\n{{ end }}";

/** Ways to people by severity: mail gets all, chat what matters now. */
function receivers(plan: MonitoringPlan): Record<string, unknown>[] {
  const { email, slack, deadMan } = plan.routing;
  const mail = email && {
    email_configs: [
      {
        to: email.to.join(", "),
        from: email.from,
        smarthost: email.smarthost,
        require_tls: email.requireTls,
        ...(email.username === undefined
          ? {}
          : { auth_username: email.username, auth_password: token(routingSecret.smtpPassword) }),
        send_resolved: true,
        headers: { Subject: "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.host }}" },
        text: SUMMARY,
        html: "",
      },
    ],
  };
  const chat = slack && {
    slack_configs: [
      {
        api_url: token(routingSecret.slackWebhook),
        ...(slack.channel === undefined ? {} : { channel: slack.channel }),
        send_resolved: true,
        title: "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} {{ .CommonLabels.host }}",
        text: SUMMARY,
      },
    ],
  };
  const alarm = deadMan && {
    webhook_configs: [{ url: token(routingSecret.deadManUrl), send_resolved: false }],
  };
  return [
    { name: "nobody" },
    { name: "critical", ...mail, ...chat },
    { name: "warning", ...(mail ?? chat) },
    { name: "dead-man", ...alarm },
  ];
}

/** `alertmanager.yml`: who is told what, how it is grouped, and what is left out because something bigger says it already. */
export function alertmanagerConfiguration(plan: MonitoringPlan): Text {
  const { model } = plan;
  const severity = (value: Severity): string => `severity="${value}"`;
  return yamlText({
    route: {
      receiver: "nobody",
      group_by: ["alertname", "host"],
      group_wait: model.duration(30),
      group_interval: model.duration(300),
      repeat_interval: model.duration(4 * HOUR),
      routes: [
        {
          receiver: "dead-man",
          matchers: ['alertname="Watchdog"'],
          group_wait: "0s",
          group_interval: model.duration(60),
          repeat_interval: model.duration(60),
        },
        { receiver: "critical", matchers: [severity(Severity.Critical)], repeat_interval: model.duration(HOUR) },
        { receiver: "warning", matchers: [severity(Severity.Warning)], repeat_interval: model.duration(12 * HOUR) },
      ],
    },
    inhibit_rules: [
      // Of a host that is down nobody wants to hear that its exporters are silent, too.
      { source_matchers: ['alertname="HostDown"'], target_matchers: ['alertname!="HostDown"'], equal: ["host"] },
      { source_matchers: ['alertname="MysqlDown"'], target_matchers: ['alertname="OnedDown"'], equal: ["host"] },
      {
        source_matchers: [severity(Severity.Critical)],
        target_matchers: ['severity=~"warning|info"'],
        equal: ["alertname", "host"],
      },
    ],
    receivers: receivers(plan),
  });
}
