// SPDX-License-Identifier: Apache-2.0

/**
 * The recordings leave calls out whose effect later answers show. Each entry makes such a call before the recorded one
 * with that number (785.010 is number 10 of the Ruby client); its values are read from the later answers.
 */
export interface Gap {
  before: number;
  method: string;
  params: (string | number | boolean)[];
  /** Who made it; the account of the recordings when left out. */
  session?: string;
  /** It was refused, and left something behind all the same. */
  refused?: true;
}

const gap = (before: number, method: string, ...params: (string | number | boolean)[]): Gap => ({
  before,
  method,
  params,
});

const ALICE = "alice:alicepw3";

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
  gap(173, "one.vn.allocate", 'NAME="netx"\nVN_MAD="dummy"\nBRIDGE="x"\nAR=[TYPE="IP4",IP="999.1.1.1",SIZE="1"]', -1),
  gap(220, "one.secgroup.allocate", 'NAME="temporary"'),
  gap(
    464,
    "one.hook.allocate",
    'NAME="api"\nTYPE="api"\nCALL="one.user.allocate"\nCOMMAND="/bin/echo"\nARGUMENTS="$API"',
  ),
  gap(590, "one.vmgroup.allocate", 'NAME="vgx"\nROLE=[NAME="a",POLICY="WAT"]'),
  gap(285, "one.template.clone", 0, "small-rec", true),
  gap(250, "one.image.enable", 3, true),
  gap(300, "one.vm.allocate", 'NAME="raw-1"\nCPU="0.1"\nMEMORY="64"', false),
  gap(310, "one.vm.deploy", 0, 0, false, -1, ""),
  gap(315, "one.vm.snapshotcreate", 0, 'snap 2 with "quotes" & <tags>'),
  gap(330, "one.vm.attach", 0, 'DISK=[TYPE="fs",SIZE="64",FORMAT="raw"]'),
  gap(344, "one.vm.chown", 1, 2, 100),
  gap(355, "one.vm.resize", 0, 'CPU="0.3"\nMEMORY="128"', false),
  gap(365, "one.vm.action", "resume", 0),
  gap(365, "one.vm.action", "suspend", 0),
  gap(370, "one.vm.action", "poweroff-hard", 0),
  gap(370, "one.vm.action", "resume", 0),
  gap(375, "one.vm.action", "resume", 0),
  gap(375, "one.vm.action", "resched", 0),
  gap(390, "one.vm.allocate", 'NAME="hold-2"\nCPU="0.1"\nMEMORY="64"\nSCHED_REQUIREMENTS="NAME=nohost"', false),
  gap(395, "one.vm.action", "terminate", 3),
  { ...gap(424, "one.image.delete", 0, true), refused: true },
  gap(426, "one.vm.allocate", 'NAME="bk"\nCPU="0.1"\nMEMORY="64"\nDISK=[IMAGE_ID="0"]', true),
  gap(429, "one.vm.deploy", 4, 0, false, 0, ""),
  gap(479, "one.image.allocate", 'NAME="formarket"\nTYPE="DATABLOCK"\nSIZE="8"', 100, true),
  gap(465, "one.user.allocate", "hooked", "x", ""),
  gap(533, "one.vdc.allocate", 'NAME="vdc1"\nX="y"'),
  gap(570, "one.template.allocate", 'NAME="router"\nCPU="0.1"\nMEMORY="16"\nVROUTER="YES"'),
  gap(605, "one.acl.addrule", "200000064", "29400000000", "8", "100000000"),
  gap(605, "one.acl.addrule", "200000064", "100100000001", "1", "100000000"),
  { ...gap(620, "one.vm.allocate", 'NAME="av2"\nCPU="0.1"\nMEMORY="64"', true), session: ALICE },
  gap(634, "one.vm.allocate", 'NAME="fails"\nCPU="0.1"\nMEMORY="16"', true),
  gap(634, "one.vm.deploy", 10, 3, false, -1, ""),
  gap(637, "one.vm.action", "terminate", 2),
  gap(667, "one.template.allocate", `NAME="sp1"\nD="<a href='x'>&amp; &lt; '"\nE="R&D"`),
  gap(672, "one.template.allocate", 'NAME="temporary"'),
  gap(677, "one.template.allocate", 'NAME="lc1"\nfoo="bar"\nFoo=[bar="x"]'),
  gap(682, "one.template.allocate", `NAME="long1"\nD="${"x".repeat(100_000)}"`),
  gap(778, "one.template.delete", 13, false),
  gap(778, "one.template.delete", 17, false),
  gap(785.01, "one.group.allocate", "qa"),
  gap(785.01, "one.acl.addrule", "200000067", "125429400000000", "8", "400000000"),
  gap(785.035, "one.vm.action", "release", 13),
  gap(792, "one.template.allocate", 'NAME="cr1"\nD="a\nb\nc"'),
  gap(797, "one.template.allocate", 'NAME="del"\nD="a\u007fb"'),
  gap(800, "one.user.allocate", "temporary", "x", ""),
  gap(802, "one.template.allocate", 'NAME="temporary"'),
  gap(807, "one.template.allocate", 'NAME="temporary"'),
  gap(812, "one.template.allocate", 'NAME="m1"\nA="1"\nB="2"'),
];

/** Hosts are contacted before these calls, as the recorded server did in between. */
export const MONITORED_BEFORE = [110, 306, 366, 408];
