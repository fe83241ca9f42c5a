// SPDX-License-Identifier: Apache-2.0

import type { Oned } from "../../../lab/opennebula/oned/index";
import { call } from "./server-replay";

/** The area that was recorded on a server of its own, with 1,000 running VMs and 100 on hold. */
export const THOUSAND_AREA = "40_pool_1000";

const RUNNING = 1000;
const HELD = 100;
const TEMPLATE =
  'NAME="t"\nCPU="0.1"\nVCPU="1"\nMEMORY="128"\nLABELS="a,b"\nDISK=[IMAGE_ID="0"]\nNIC=[NETWORK_ID="0"]\n' +
  'GRAPHICS=[TYPE="VNC",LISTEN="0.0.0.0"]';

/** Makes the cloud that the recorded server had; the values are those that the answers show. */
export async function prepareThousand(oned: Oned): Promise<void> {
  const make = (method: string, ...params: (string | number | boolean)[]): Promise<void> =>
    call(oned.port, { before: 0, method, params });
  const [image, disk] = ["IMAGE_DS", 'NAME="os" TYPE="OS" PATH="/srv/one/home/x.img" DEV_PREFIX="vd"'];
  await make("one.datastore.update", 0, 'TM_MAD="dummy"', 1);
  await make("one.host.allocate", "big", "dummy", "dummy", -1);
  await make("one.datastore.allocate", `NAME="dimg" TYPE="${image}" DS_MAD="dummy" TM_MAD="dummy"`, 0);
  await oned.monitorHosts();
  await oned.settle();
  await make("one.image.allocate", disk, 100, true);
  const range = 'AR=[TYPE="IP4",IP="10.0.1.0",SIZE="2000"]';
  await make("one.vn.allocate", `NAME="n" VN_MAD="dummy" BRIDGE="br0" ${range}`, 0);
  await make("one.template.allocate", TEMPLATE);
  await oned.settle();
  for (let id = 0; id < RUNNING; id++) {
    await make("one.template.instantiate", 0, `vm-${String(id).padStart(4, "0")}`, true, "", false);
    await make("one.vm.deploy", id, 0, false, 0, "");
  }
  for (let id = 0; id < HELD; id++) await make("one.vm.allocate", 'CPU="0.1" MEMORY="16"', true);
  await oned.settle({ place: false });
}
