// SPDX-License-Identifier: Apache-2.0
import type { RpcParameter } from "../../opennebula";
import type { OneClient } from "../../opennebula/client";
import type { Targets } from "./access";

/**
 * One object of each kind that belongs to somebody else.
 *
 * @param sandbox - the sandbox's network where there is one already. @default one is made
 */
export async function makeTargets(one: OneClient, sandbox?: number): Promise<Targets> {
  const make = async (method: string, ...parameters: RpcParameter[]): Promise<number> =>
    Number(await one.callAny(method, parameters));
  const group = await make("one.group.allocate", "victims");
  const user = await make("one.user.allocate", "victim", "victim-password", "core", [group]);
  const host = await make("one.host.allocate", "target-host", "dummy", "dummy", -1);
  const network = 'NAME="private" VN_MAD="dummy" BRIDGE="br0" AR=[TYPE="IP4",IP="10.9.0.1",SIZE="20"]';
  const vn = sandbox ?? (await make("one.vn.allocate", network, -1));
  const image = await make("one.image.allocate", 'NAME="disk" TYPE="DATABLOCK" SIZE="1"', 1, true);
  const vm = await make("one.vm.allocate", 'NAME="vm" CPU="1" MEMORY="64"', true);
  const market = await make(
    "one.market.allocate",
    'NAME="own" MARKET_MAD="http" BASE_URL="http://127.0.0.1" PUBLIC_DIR="/tmp/market"',
  );
  return {
    userName: "victim",
    ids: {
      ...{ group, user, host, vn, image, vm },
      datastore: 1,
      template: await make("one.template.allocate", 'NAME="small" CPU="1" MEMORY="64"'),
      vntemplate: await make("one.vntemplate.allocate", 'NAME="net" VN_MAD="dummy" BRIDGE="br1"'),
      secgroup: await make("one.secgroup.allocate", 'NAME="web" RULE=[PROTOCOL="TCP",RULE_TYPE="INBOUND"]'),
      vmgroup: await make("one.vmgroup.allocate", 'NAME="pair" ROLE=[NAME="a"]'),
      vrouter: await make("one.vrouter.allocate", 'NAME="router"'),
      document: await make("one.document.allocate", 'NAME="note"', 200),
      hook: await make("one.hook.allocate", 'NAME="hook" TYPE="api" CALL="one.vm.allocate" COMMAND="true"'),
      backupjob: await make("one.backupjob.allocate", `NAME="nightly" BACKUP_VMS="${vm}"`),
      market,
      marketapp: await make("one.marketapp.allocate", `NAME="app" TYPE="IMAGE" ORIGIN_ID="${image}"`, market),
    },
  };
}
