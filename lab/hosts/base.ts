// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";

import { aptAcquireSettings, debianSources, release, renderSources } from "./apt-sources";
import { addresses, labLayout, ports } from "./layout";
import type { LabLayout } from "./layout";
import { machinesOf } from "./machine";
import { run } from "./run";

const guest = path.join(__dirname, "guest");

/** What the builder mounts inside the new root is gone with it, even if it is killed. */
const privateMounts = ["unshare", "--mount", "--propagation", "private"];

/** What Scaleway's Debian has from the start, as far as anything here touches it. What the cloud needs is not in it. */
const packages = [
  "apt-utils",
  "bash-completion",
  "ca-certificates",
  "cloud-init",
  "cron",
  "curl",
  "dbus",
  "dbus-user-session",
  "ethtool",
  "gnupg",
  "ifupdown",
  "iproute2",
  "iputils-ping",
  "isc-dhcp-client",
  "kmod",
  "less",
  "libpam-systemd",
  "logrotate",
  "lsb-release",
  "netbase",
  "nftables",
  "openssh-server",
  "openssh-sftp-server",
  "procps",
  "psmisc",
  "python3",
  "rsync",
  "sudo",
  "systemd",
  "systemd-sysv",
  "systemd-timesyncd",
  "udev",
  "wget",
];

/** cloud-init as the provider sets it up: its data lies beside it, and the disks and package sources are not its business. */
const cloudConfig = `# Written by the lab.
datasource_list: [NoCloud]
apt:
  preserve_sources_list: true
growpart:
  mode: "off"
resize_rootfs: false
locale: false
`;

/** What the base is made of; its content decides the name of the cached result. */
interface Recipe {
  buildSources: string;
  aptOptions: string[];
  /** Files of the result by path. */
  files: Record<string, string>;
}

function recipe(aptDump: string): Recipe {
  const sources = debianSources();
  const acquire = aptAcquireSettings(aptDump);
  const proxy = `http://${addresses.publicGateway}:${ports.packageCache}`;
  return {
    buildSources: renderSources(sources, false),
    aptOptions: [...aptDump.split("\n").filter((line) => /^Acquire::https?::Proxy/.test(line)), ...acquire],
    files: {
      "etc/apt/sources.list.d/debian.sources": renderSources(sources, true),
      "etc/apt/apt.conf.d/90lab": [
        ...acquire,
        `Acquire::http::Proxy "${proxy}";`,
        `Acquire::http::Proxy::${addresses.publicGateway} "DIRECT";`,
        `Acquire::Languages "none";`,
        "",
      ].join("\n"),
      "etc/cloud/cloud.cfg.d/90_lab.cfg": cloudConfig,
      "etc/default/locale": "LANG=C.UTF-8\n",
      "etc/network/interfaces": "auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n",
      "etc/resolv.conf": `nameserver ${addresses.publicGateway}\n`,
      "etc/systemd/system/lab-early.service": readFileSync(path.join(guest, "lab-early.service"), "utf8"),
      "usr/local/sbin/lab-early": readFileSync(path.join(guest, "lab-early"), "utf8"),
    },
  };
}

/** Where the base of this checkout and this machine's package sources is, and whether it has been made. */
export async function baseState(layout: LabLayout): Promise<{ directory: string; exists: boolean; recipe: Recipe }> {
  const made = recipe(await run(["apt-config", "dump"]));
  const script = readFileSync(path.join(guest, "build-base.sh"), "utf8");
  const hash = createHash("sha256")
    .update(JSON.stringify([release, packages, script, made]))
    .digest("hex");
  const directory = path.join(layout.cacheDirectory, `base-${hash.slice(0, 12)}`);
  return { directory, exists: existsSync(directory), recipe: made };
}

/**
 * Makes the base file system unless the cache has it. Safe to kill, and safe to call from two labs at once.
 *
 * @param onLine - is given the builder's messages.
 * @returns the directory, for {@link HostMachine}.
 */
export async function ensureBase(layout: LabLayout, onLine?: (line: string) => void): Promise<string> {
  const state = await baseState(layout);
  if (state.exists) return state.directory;
  const files = `${state.directory}.files.${process.pid}`;
  try {
    await mkdir(files, { recursive: true });
    await writeFile(path.join(files, "build.sources"), state.recipe.buildSources);
    for (const [name, content] of Object.entries(state.recipe.files)) {
      const file = path.join(files, "root", name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    const lock = path.join(layout.cacheDirectory, "base.lock");
    const builder = path.join(guest, "build-base.sh");
    const options = state.recipe.aptOptions.map((line) => `--aptopt=${line.replace(/;$/, "")}`);
    await run(
      ["flock", lock, ...privateMounts, builder, state.directory, files, release, packages.join(","), ...options],
      {
        timeoutSeconds: 900,
        onLine,
      },
    );
  } finally {
    await rm(files, { recursive: true, force: true });
  }
  return state.directory;
}

const unusedBaseSeconds = 24 * 3600;

/** Removes bases from the cache that are a day old, not the current one, and under no machine of any lab of the checkout. */
export async function removeUnusedBases(layout: LabLayout, current: string): Promise<void> {
  const labs = path.join(layout.root, ".lab");
  const inUse = new Set([current]);
  for (const lab of readdirSync(labs).filter((name) => name !== "cache")) {
    for (const { record } of machinesOf(labLayout(lab, layout.root))) inUse.add(record.base);
  }
  for (const entry of readdirSync(layout.cacheDirectory).filter((name) => /^base-[0-9a-f]+$/.test(name))) {
    const directory = path.join(layout.cacheDirectory, entry);
    const age = Date.now() / 1000 - statSync(directory).ctimeMs / 1000;
    if (!inUse.has(directory) && age > unusedBaseSeconds) await rm(directory, { recursive: true, force: true });
  }
}
