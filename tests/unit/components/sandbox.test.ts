// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { services } from "../../../catalogue";
import { sandboxes, sandboxFile } from "../../../components/frontend/sandbox";
import { judge } from "../../helpers/tools";

const { files } = sandboxes();
const dropIn = (unit: string): string => files[sandboxFile(unit)]!.content as string;

/** systemd's own judgement of a unit as the vendor ships it, with our drop-in: 0 is safe, 100 is not. */
function exposure(settings: string, threshold: number): { status: number; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  const unit = join(folder, "judged.service");
  writeFileSync(
    unit,
    `[Service]\nUser=oneadmin\nGroup=oneadmin\nExecStart=/bin/true\n${settings.replace("[Service]\n", "")}`,
  );
  const words = ["security", "--offline=true", `--threshold=${threshold}`, "--no-pager", unit];
  const result = judge("systemd-analyze", words);
  rmSync(folder, { recursive: true });
  return result;
}

test.each([services.fireedge.unit, services.oneflow.unit, services.onegate.unit, services.guacd.unit])(
  "%s is sandboxed in the eyes of systemd",
  (unit) => {
    const { status, output } = exposure(dropIn(unit), 25);
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
    expect(exposure("", 90).status).not.toBe(0);
  },
);

/** systemd.exec(5): each of these has a service that is not root's, and whatever it starts, gain no rights any more. */
const KEEPS_SUDO_OUT = [
  "LockPersonality",
  "MemoryDenyWriteExecute",
  "NoNewPrivileges",
  "PrivateDevices",
  "ProtectClock",
  "ProtectHostname",
  "ProtectKernelLogs",
  "ProtectKernelModules",
  "ProtectKernelTunables",
  "RestrictAddressFamilies",
  "RestrictNamespaces",
  "RestrictRealtime",
  "RestrictSUIDSGID",
  "SystemCallArchitectures",
  "SystemCallFilter",
  "CapabilityBoundingSet",
];

test.each([services.oned.unit, services.onedEvents.unit])("%s can use sudo, as its drivers do", (unit) => {
  const settings = dropIn(unit)
    .split("\n")
    .map((line) => line.split("=")[0]!);
  expect(settings.filter((name) => KEEPS_SUDO_OUT.includes(name))).toEqual([]);
  expect(settings).toContain("ProtectSystem");
});

test("no service of OpenNebula has a /tmp of its own: they hand each other files by path", () => {
  for (const { content } of Object.values(files)) expect(content).not.toContain("PrivateTmp");
});
