// SPDX-License-Identifier: Apache-2.0
import { guestProxyAddress, services } from "../../../../catalogue";
import { judge, type Check } from "../../check";

/** The token is on the context's disc; what asks there is busybox' or GNU's wget. Debian's static busybox dies of wget's own `-T`. */
const ask = (
  endpoint: string,
): string => `mkdir -p /tmp/context && mount -t iso9660 -o ro /dev/sr0 /tmp/context 2>/dev/null
token=$(cat /tmp/context/token.txt); vm=$(sed -n "s/^VMID='\\(.*\\)'/\\1/p" /tmp/context/context.sh); umount /tmp/context
timeout 10 wget -q -O - --header "X-ONEGATE-TOKEN: $token" --header "X-ONEGATE-VMID: $vm" ${endpoint}/vm || echo failed`;

export const onegate: Check = {
  id: "vm/onegate",
  title: "a VM learns about itself from OneGate",
  area: "vm",
  severity: "warning",
  impact: "load",
  exclusive: "guests",
  seconds: 60,
  cure: "see /var/log/one_tproxy*.log on the VM's host; `onehost sync --force` gives hosts the drivers' settings again",
  async run({ guests }) {
    const pair = await guests();
    const endpoint = `http://${guestProxyAddress}:${services.onegate.port}`;
    const answer = await pair.inside(ask(endpoint), 45);
    const known = answer.includes(pair.run);
    return judge(
      known ? [] : [`${endpoint} does not tell the guest about itself`],
      known ? ["OneGate told the VM its own name"] : [],
      {
        threshold: "its own name within 10 s",
      },
    );
  },
};
