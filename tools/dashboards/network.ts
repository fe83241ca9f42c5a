// SPDX-License-Identifier: Apache-2.0
import { hostDevices, onHosts, rate, type PanelSpec, type Subject } from "./model";

const device = `${hostDevices},${onHosts}`;
/** A rate of each device; bytes are counted, bits are shown. */
const perDevice = (title: string, about: string, metric: string): PanelSpec => {
  const bits = metric.includes("_bytes_");
  return {
    title,
    about,
    unit: bits ? "bps" : "pps",
    min: 0,
    queries: [{ expr: `${bits ? "8 * " : ""}${rate(`${metric}{${device}}`)}`, legend: "{{host}} {{device}}" }],
  };
};

export const network: Subject = {
  uid: "ons-network",
  title: "Network",
  about: "Traffic of the public bridge and the private networks, and what got lost on the way.",
  rows: [
    {
      title: "Traffic",
      panels: [
        perDevice("Received", "Bits that came in.", "node_network_receive_bytes_total"),
        perDevice("Sent", "Bits that went out.", "node_network_transmit_bytes_total"),
        perDevice(
          "Packets received",
          "Many small packets load a host more than few large ones.",
          "node_network_receive_packets_total",
        ),
      ],
    },
    {
      title: "Losses",
      panels: [
        perDevice("Errors", "Packets that arrived broken.", "node_network_receive_errs_total"),
        perDevice("Dropped", "Packets that the host had no room for, or no use.", "node_network_receive_drop_total"),
        {
          title: "TCP segments sent again",
          about: "Part of all segments; above 1 % something on the way loses them.",
          unit: "percentunit",
          min: 0,
          thresholds: { warning: 0.01, bad: 0.05 },
          queries: [
            {
              expr: `sum by (host) (${rate(`node_netstat_Tcp_RetransSegs{${onHosts}}`)}) / (sum by (host) (${rate(`node_netstat_Tcp_OutSegs{${onHosts}}`)}) > 0)`,
              legend: "{{host}}",
            },
          ],
        },
      ],
    },
    {
      title: "Connections and reach",
      panels: [
        {
          title: "TCP connections",
          about: "Established ones.",
          unit: "none",
          min: 0,
          queries: [{ expr: `node_netstat_Tcp_CurrEstab{${onHosts}}`, legend: "{{host}}" }],
        },
        {
          title: "Hosts from the front-end",
          about: "Round trip over the private network.",
          unit: "s",
          min: 0,
          queries: [{ expr: 'probe_duration_seconds{job="ping"}', legend: "{{host}}" }],
          mayBeEmpty: "there is one host",
        },
        {
          title: "Packets that the firewall dropped",
          about: "Those it logged; of a flood it logs some.",
          unit: "pps",
          min: 0,
          queries: [{ expr: rate(`opennebula_scaleway_firewall_drops_total{${onHosts}}`), legend: "{{host}}" }],
        },
      ],
    },
  ],
};
