// SPDX-License-Identifier: Apache-2.0
import { RaftState } from "../../../../opennebula";
import { judge, notApplicable, type Check } from "../../check";

export const leader: Check = {
  id: "raft/leader",
  title: "the zone has a leader and its servers follow",
  area: "raft",
  severity: "critical",
  seconds: 30,
  cure: "see `onezone show 0`; a server that lags for long is brought back from a backup of the leader",
  async run({ cloud, signal }) {
    const zones = await cloud.oned.zones.list({ signal });
    const servers = zones.flatMap((zone) => zone.servers);
    if (servers.length < 2) return notApplicable("oned runs alone, without a high-availability cluster");
    const status = await cloud.oned.zones.raftStatus({ signal });
    const state = RaftState[status.state] ?? `state ${status.state}`;
    const good = status.state === (RaftState.Leader as number) || status.state === (RaftState.Follower as number);
    const problems = [
      ...(good ? [] : [`this server is ${state}: there is no leader`]),
      ...(status.commit < status.logIndex - 1 ? [`${status.logIndex - status.commit} changes are not committed`] : []),
    ];
    return judge(problems, [`${servers.length} servers, this one is ${state} in term ${status.term}`], {
      threshold: "a leader",
    });
  },
};
