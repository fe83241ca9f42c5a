// SPDX-License-Identifier: Apache-2.0

/**
 * The recordings leave calls out whose effect later answers show. Each entry makes such a call before the recorded one
 * with that number (785.010 is number 10 of the Ruby client); its values are read from the later answers.
 */
export interface Gap {
  before: number;
  method: string;
  params: (string | number | boolean)[];
}

const gap = (before: number, method: string, ...params: (string | number | boolean)[]): Gap => ({
  before,
  method,
  params,
});

export const GAPS: Gap[] = [
  gap(32, "one.user.update", 2, 'PHONE="123"\nCITY="Åbo"', 1),
  gap(43, "one.user.allocate", "chauth_victim", "x", ""),
  gap(61, "one.user.enable", 3, true),
  gap(69, "one.user.allocate", "gone", "x", ""),
  gap(83, "one.group.allocate", "temporary"),
  gap(100, "one.cluster.allocate", "prod"),
  gap(104, "one.host.allocate", "h2", "dummy", "dummy", -1),
  gap(120, "one.host.status", 1, 0),
  gap(120, "one.host.allocate", "h5", "nodrv", "nodrv", -1),
  gap(127, "one.host.allocate", "h6", "dummy", "dummy", -1),
  gap(140, "one.cluster.allocate", "temporary"),
  gap(156, "one.datastore.allocate", 'NAME="dsys"\nTYPE="SYSTEM_DS"\nTM_MAD="dummy"', 0),
  gap(156, "one.datastore.allocate", 'NAME="dbk"\nTYPE="BACKUP_DS"\nDS_MAD="dummy"\nTM_MAD="-"', 0),
  gap(167, "one.datastore.allocate", 'NAME="temporary"\nTYPE="IMAGE_DS"\nDS_MAD="dummy"\nTM_MAD="dummy"', 0),
  gap(285, "one.template.clone", 0, "small-rec", true),
  gap(500, "one.user.allocate", "hooked", "x", ""),
  gap(533, "one.vdc.allocate", 'NAME="vdc1"\nX="y"'),
  gap(570, "one.template.allocate", 'NAME="router"'),
  gap(605, "one.acl.addrule", "200000064", "29400000000", "8", "100000000"),
  gap(605, "one.acl.addrule", "200000064", "100100000001", "1", "100000000"),
  gap(667, "one.template.allocate", `NAME="sp1"\nD="<a href='x'>&amp; &lt; '"\nE="R&D"`),
  gap(672, "one.template.allocate", 'NAME="temporary"'),
  gap(677, "one.template.allocate", 'NAME="lc1"\nfoo="bar"\nFoo=[bar="x"]'),
  gap(682, "one.template.allocate", `NAME="long1"\nD="${"x".repeat(100_000)}"`),
  gap(778, "one.template.delete", 13, false),
  gap(778, "one.template.delete", 17, false),
  gap(785.01, "one.group.allocate", "qa"),
  gap(785.01, "one.acl.addrule", "200000067", "125429400000000", "8", "400000000"),
  gap(792, "one.template.allocate", 'NAME="cr1"\nD="a\nb\nc"'),
  gap(797, "one.template.allocate", 'NAME="del"\nD="a\u007fb"'),
  gap(800, "one.user.allocate", "temporary", "x", ""),
  gap(802, "one.template.allocate", 'NAME="temporary"'),
  gap(807, "one.template.allocate", 'NAME="temporary"'),
  gap(812, "one.template.allocate", 'NAME="m1"\nA="1"\nB="2"'),
];

/** Hosts are contacted before these calls, as the recorded server did in between. */
export const MONITORED_BEFORE = [110];
