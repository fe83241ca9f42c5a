// SPDX-License-Identifier: Apache-2.0

import { contextFiles } from "../../../lab/opennebula/drivers/context";
import { domainXml } from "../../../lab/opennebula/drivers/domain";
import { parseTemplate } from "../../../lab/opennebula/oned/template";
import { childOf, elementsOf, parseXml } from "../../../lab/opennebula/oned/xml";
import { gateToken, isGateToken } from "../../../lab/opennebula/services/gate-token";

const template = parseTemplate(`
MEMORY = "128"
VCPU = "2"
VCPU_MAX = "4"
OS = [ BOOT = "nic0,disk0", UUID = "11111111-2222-3333-4444-555555555555" ]
DISK = [ DISK_ID = "0", TARGET = "vda", DRIVER = "qcow2" ]
DISK = [ DISK_ID = "1", TARGET = "sda", CACHE = "writeback", READONLY = "YES" ]
NIC = [ NIC_ID = "0", BRIDGE = "pubridge", MAC = "02:00:00:00:00:01", MODEL = "e1000" ]
GRAPHICS = [ TYPE = "VNC", LISTEN = "127.0.0.1", PORT = "5907", PASSWD = "it's <secret>" ]
CPU_MODEL = [ MODEL = "host-passthrough" ]
CONTEXT = [ DISK_ID = "2", TARGET = "hda", TOKEN = "YES", NETWORK = "YES", START_SCRIPT = "echo 'a' \\"b\\"
two" ]
`);
const facts = { id: 7, template, directory: "/var/lib/one/datastores/0/7" };

describe("a VM as a libvirt domain", () => {
  const text = domainXml({ ...facts, type: "qemu" });

  test("is well-formed and holds every device once", () => {
    const devices = childOf(parseXml(text), "devices")!;
    const names = elementsOf(devices).map(({ name }) => name);
    expect(names.filter((name) => name === "disk")).toHaveLength(3);
    expect(names.filter((name) => name === "interface")).toHaveLength(1);
    expect(names).toContain("graphics");
  });

  test.each([
    ["software emulation", "<domain type='qemu'>"],
    ["name", "<name>one-7</name>"],
    ["identity", "<uuid>11111111-2222-3333-4444-555555555555</uuid>"],
    ["memory in KiB", "<memory unit='KiB'>131072</memory>"],
    ["processors that can be added", "<vcpu current='2'>4</vcpu>"],
    ["disk", "<driver name='qemu' type='qcow2' cache='none'/><source file='/var/lib/one/datastores/0/7/disk.0'/>"],
    ["boot order", "<target dev='vda' bus='virtio'/><boot order='2'/>"],
    ["bus of the target", "<target dev='sda' bus='scsi'/>"],
    ["controller that the bus needs", "<controller type='scsi' model='virtio-scsi'/>"],
    ["device of the NIC", "<target dev='one-7-0'/><model type='e1000'/><boot order='1'/>"],
    ["escaped text", "passwd='it&#39;s &#60;secret&#62;'"],
    ["context drive", "device='cdrom'"],
  ])("%s", (_what, part) => expect(text).toContain(part));

  test("asks for a processor's model only where there is one to be had", () => {
    expect(text).not.toContain("<cpu");
    expect(domainXml({ ...facts, type: "kvm" })).toContain("<cpu mode='host-passthrough'/>");
  });
});

describe("the context drive", () => {
  test("is a file that a shell reads back, with the token beside it", () => {
    const files = contextFiles(template, "t0ken")!;
    expect(files["token.txt"]).toBe("t0ken");
    expect(files["context.sh"]).toContain(`START_SCRIPT='echo '\\''a'\\'' "b"\ntwo'\n`);
    expect(files["context.sh"]).not.toMatch(/DISK_ID|TARGET|TOKEN/);
  });

  test("is not there for a VM without context", () =>
    expect(contextFiles(parseTemplate("A = b"), "t")).toBeUndefined());

  test("a token is one VM's", () => {
    expect(isGateToken("secret", 7, gateToken("secret", 7))).toBe(true);
    for (const other of [gateToken("secret", 8), gateToken("other", 7), ""])
      expect(isGateToken("secret", 7, other)).toBe(false);
  });
});
