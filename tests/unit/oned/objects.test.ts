// SPDX-License-Identifier: Apache-2.0

import type { Oned } from "../../../lab/opennebula/oned/index";
import { memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import { closeClouds, cloudWithVm } from "./cloud";
import { field, rpc } from "./rpc";

const ADMIN = "oneadmin:opennebula";
let oned: Oned;
const call = (method: string, ...values: (string | number | boolean)[]): Promise<string> =>
  rpc(oned.port, `one.${method}`, [ADMIN, ...values]);
beforeEach(async () => {
  oned = await startOned({ store: memoryStore(), port: 0, monitorInterval: 0, backgroundInterval: 0 });
});
afterEach(() => Promise.all([oned.close(), closeClouds()]));

describe("groups of VMs", () => {
  test("roles are added, renamed and deleted as long as rules and VMs allow", async () => {
    const roles = 'ROLE=[NAME="web"]\nROLE=[NAME="db",POLICY="ANTI_AFFINED"]\nANTI_AFFINED="web,db"';
    await call("vmgroup.allocate", `NAME="g"\n${roles}`);
    await expect(call("vmgroup.allocate", 'NAME="h"\nROLE=[NAME="a"]\nAFFINED="a,b"')).rejects.toThrow(
      "8192 [one.vmgroup.allocate] Some roles used in AFFINED attribute (a,b) are not defined",
    );
    await expect(call("vmgroup.roledelete", 0, 0)).rejects.toThrow("are not defined");
    await expect(call("vmgroup.roleadd", 0, 'ROLE=[NAME="db"]')).rejects.toThrow("Role already exists");
    await expect(call("vmgroup.update", 0, 'AFFINED="web,db"', 1)).rejects.toThrow("policy is ANTI_AFFINED");
    await call("vmgroup.roleupdate", 0, 1, 'ROLE=[POLICY="NONE"]');
    await expect(call("vmgroup.update", 0, 'AFFINED="web,db"', 1)).rejects.toThrow(
      "Roles defined in AFFINED and ANTI_AFFINED rules: web db",
    );
    await call("vm.allocate", 'NAME="v"\nCPU="1"\nMEMORY="1"\nVMGROUP=[VMGROUP_ID="0",ROLE="web"]', true);
    expect(await call("vmgroup.info", 0, false)).toContain("<VMS><![CDATA[0]]></VMS>");
    await expect(call("vmgroup.roleupdate", 0, 0, 'ROLE=[NAME="www"]')).rejects.toThrow("has VMs, unable to update");
  });
});

describe("virtual routers", () => {
  test("have floating addresses of their own, make VMs with their NICs, and take them along", async () => {
    await call("vn.allocate", 'NAME="net"\nVN_MAD="bridge"\nAR=[TYPE="IP4",IP="10.0.0.1",SIZE="9"]', -1);
    await call("vrouter.allocate", 'NAME="vr"\nNIC=[NETWORK="net",FLOATING_IP="YES"]');
    expect(field(await call("vrouter.info", 0, false), "VROUTER_IP")).toBe("10.0.0.1");
    await call("template.allocate", 'NAME="plain"\nCPU="1"\nMEMORY="1"');
    await expect(call("vrouter.instantiate", 0, 1, 0, "", true, "")).rejects.toThrow("Only virtual router templates");
    await call("template.allocate", 'NAME="router"\nCPU="1"\nMEMORY="1"\nVROUTER="YES"');
    await call("vrouter.instantiate", 0, 2, 1, "", true, "");
    const vm = await call("vm.info", 1, false);
    expect([field(vm, "NAME"), field(vm, "IP"), field(vm, "VROUTER_IP")]).toEqual(["vr-vr-1", "10.0.0.3", "10.0.0.1"]);
    expect(await call("vn.info", 0, false)).toContain("<VROUTERS><ID>0</ID></VROUTERS>");
    await expect(call("vrouter.detachnic", 0, 7)).rejects.toThrow("NIC with NIC_ID 7 does not exist.");
    await call("vrouter.delete", 0);
    await oned.settle();
    expect(field(await call("vn.info", 0, false), "USED_LEASES")).toBe("0");
  });
});

describe("marketplaces", () => {
  test("apps need a marketplace that takes them, and an origin", async () => {
    const app = 'NAME="a"\nTYPE="VMTEMPLATE"\nORIGIN_ID="0"';
    await expect(call("marketapp.allocate", app, 0)).rejects.toThrow("Create disabled for market: OpenNebula Public");
    await call("market.allocate", 'NAME="own"\nMARKET_MAD="http"\nBASE_URL="http://10.0.0.1"\nPUBLIC_DIR="/srv"');
    await expect(call("marketapp.allocate", 'NAME="a"', 100)).rejects.toThrow("Missing ORIGIN_ID");
    await call("marketapp.allocate", app, 100);
    await expect(call("marketapp.allocate", app, 100)).rejects.toThrow("NAME is already taken by MARKETPLACEAPP 0");
    expect(await call("market.info", 100, false)).toContain("<MARKETPLACEAPPS><ID>0</ID></MARKETPLACEAPPS>");
    await call("marketapp.enable", 0, false);
    expect(field(await call("marketapp.info", 0, false), "STATE")).toBe("4");
    await expect(call("market.delete", 100)).rejects.toThrow("is not empty");
    await call("marketapp.delete", 0);
    await call("market.delete", 100);
  });
});

describe("hooks", () => {
  test.each([
    ['TYPE="cron"', "Invalid Hook type: cron"],
    ['TYPE="api"\nCALL="one.vm.info"', "API call does not exist or is not supported: one.vm.info"],
    ['TYPE="state"\nRESOURCE="VM"\nON="LUNCH"', "Unkown state condition: LUNCH"],
    ['TYPE="state"\nRESOURCE="HOST"\nSTATE="LUNCH"', "Invalid STATE: LUNCH"],
  ])("%s is refused", async (text, message) => {
    await expect(call("hook.allocate", `NAME="h"\nCOMMAND="/bin/true"\n${text}`)).rejects.toThrow(message);
  });
});

describe("hooks run", () => {
  const told = async (): Promise<string> => {
    await oned.settle();
    const log = await call("hooklog.info", -1, -1, -1, 0);
    return Buffer.from(field(log, "ARGUMENTS") ?? "", "base64").toString();
  };

  test("on a call, without its secrets; a retry tells them the same", async () => {
    const hook = 'NAME="h"\nTYPE="api"\nCALL="one.user.allocate"\nCOMMAND="/bin/echo"\nARGUMENTS="$API"';
    await call("hook.allocate", hook);
    await call("user.allocate", "joe", "canary", "");
    const text = await told();
    expect(text).toContain("<VALUE>joe</VALUE>");
    expect(text).not.toContain("canary");
    expect(text).not.toContain("opennebula");
    await expect(call("user.allocate", "joe", "canary", "")).rejects.toThrow("NAME is already taken");
    await call("hook.retry", 0, 0);
    await oned.settle();
    const info = await call("hook.info", 0, false);
    expect([...info.matchAll(/<EXECUTION_ID>(\d)<.*?<CODE>0</gs)].map((match) => match[1])).toEqual(["0", "1", "2"]);
    expect(info).toContain("<RETRY>yes</RETRY>");
    await expect(call("hook.retry", 0, 9)).rejects.toThrow("Arguments not found");
  });

  test("when an object comes to a state, and their failure is logged", async () => {
    const hook =
      'NAME="h"\nTYPE="state"\nRESOURCE="HOST"\nSTATE="DISABLED"\nCOMMAND="/bin/false"\nARGUMENTS="$TEMPLATE"';
    await call("hook.allocate", hook);
    await call("host.allocate", "h1", "dummy", "dummy", -1);
    expect(await told()).toBe("");
    await call("host.status", 0, 1);
    expect(await told()).toContain("<NAME>h1</NAME>");
    expect(await call("hooklog.info", -1, -1, 0, 1)).toBe("<HOOKLOG></HOOKLOG>");
    expect(field(await call("hooklog.info", -1, -1, 0, -1), "CODE")).toBe("1");
  });
});

test("hooks with REMOTE run on the host that the event is about, and again there; without a host not at all", async () => {
  const cloud = await cloudWithVm();
  const hook = async (text: string): Promise<void> => {
    await cloud.call("hook.allocate", `TYPE="state"\nREMOTE="YES"\n${text}`);
  };
  await hook('NAME="off"\nRESOURCE="VM"\nON="CUSTOM"\nSTATE="POWEROFF"\nLCM_STATE="LCM_INIT"\nCOMMAND="echo.sh"');
  await hook(
    'NAME="told"\nRESOURCE="VM"\nON="CUSTOM"\nSTATE="POWEROFF"\nLCM_STATE="LCM_INIT"\nCOMMAND="/bin/echo $host; cat"\n' +
      'ARGUMENTS="one two"\nARGUMENTS_STDIN="yes"',
  );
  await hook('NAME="held"\nRESOURCE="VM"\nON="CUSTOM"\nSTATE="HOLD"\nLCM_STATE="LCM_INIT"\nCOMMAND="/bin/true"');
  await cloud.call("vm.allocate", 'NAME="w" CPU="1" MEMORY="1"', true);
  await cloud.call("vm.action", "poweroff", 0);
  await cloud.oned.settle();
  await cloud.call("hook.retry", 1, 0);
  await cloud.oned.settle();
  const records = async (id: number): Promise<string[]> => {
    const log = await cloud.call("hooklog.info", -1, -1, id, 0);
    return [...log.matchAll(/<HOOK_EXECUTION_RECORD>.*?<\/HOOK_EXECUTION_RECORD>/gs)].map(([record]) => record);
  };
  const [missing = ""] = await records(0);
  expect([field(missing, "COMMAND"), field(missing, "REMOTE_HOST")]).toEqual(["/var/tmp/one/hooks/echo.sh", "h1"]);
  expect(Number(field(missing, "CODE"))).toBeGreaterThan(0);
  const told = await records(1);
  expect(told.map((one) => Buffer.from(field(one, "STDOUT") ?? "", "base64").toString())).toEqual([
    "h1\none two",
    "h1\none two",
  ]);
  expect(told.map((one) => [field(one, "ARGUMENTS"), field(one, "RETRY")])).toEqual([
    ["one two", undefined],
    ["one two", "yes"],
  ]);
  expect(await records(2)).toEqual([]);
});

test("a lock keeps even administrators away, and only its owner and they change it", async () => {
  await call("vn.allocate", 'NAME="net"\nVN_MAD="bridge"', -1);
  await call("vn.lock", 0, 2, false);
  await expect(call("vn.delete", 0)).rejects.toThrow("512 [one.vn.delete] User [0] : NET is locked. [0].");
  expect(field(await call("vn.info", 0, false), "LOCKED")).toBe("2");
  await call("vn.unlock", 0);
  await call("vn.delete", 0);
});
