// SPDX-License-Identifier: Apache-2.0

/**
 * Shell script that lets a guest reach a router outside its NIC's own network, as flexible IPs have it (mask /32): cloud images
 * give up on such a router, Ubuntu's without a word. For `START_SCRIPT` in a template's CONTEXT; OpenNebula's context packages run
 * it at every start with the context in the environment. Does nothing for other NICs.
 */
export const offLinkGatewayScript = `#!/bin/sh
for number in 0 1 2 3 4 5 6 7; do
    mac='' mask='' gateway=''
    eval "mac=\\\${ETH\${number}_MAC:-} mask=\\\${ETH\${number}_MASK:-} gateway=\\\${ETH\${number}_GATEWAY:-}"
    if [ "$mask" != 255.255.255.255 ] || [ -z "$gateway" ]; then continue; fi
    for device in "\${SYS_CLASS_NET:-/sys/class/net}"/*; do
        [ "$(cat "$device/address" 2>/dev/null)" = "$mac" ] || continue
        name=\${device##*/}
        ip route replace "$gateway/32" dev "$name" scope link
        ip route replace default via "$gateway" dev "$name" onlink
    done
done
`;

/** CONTEXT attributes that every VM with a public NIC should have, beside its own. */
export function publicGuestContext(): Record<string, string> {
  // As base64: the template's own syntax cannot hold every text, and the context packages decode it.
  return { NETWORK: "YES", START_SCRIPT_BASE64: Buffer.from(offLinkGatewayScript).toString("base64") };
}
