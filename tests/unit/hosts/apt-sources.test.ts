// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { aptAcquireSettings, aptProxy, debianSources, renderSources } from "../../../lab/hosts/apt-sources";

describe("Debian's sources of a machine", () => {
  let apt: string;

  beforeEach(() => {
    apt = mkdtempSync(path.join(tmpdir(), "apt-"));
    mkdirSync(path.join(apt, "sources.list.d"));
  });
  afterEach(() => rmSync(apt, { recursive: true }));

  const put = (name: string, text: string): void => writeFileSync(path.join(apt, name), text);

  it("reads the deb822 format, with comments inside a stanza", () => {
    put(
      "sources.list.d/debian.sources",
      `Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main contrib
`,
    );
    expect(debianSources(apt)).toEqual([
      { uri: "http://mirror.example/debian", suites: ["bookworm", "bookworm-updates"], components: ["main"] },
      { uri: "http://mirror.example/debian-security", suites: ["bookworm-security"], components: ["main"] },
    ]);
  });

  it("reads the one-line format and joins the suites of one address", () => {
    put(
      "sources.list",
      `deb [arch=amd64] http://mirror.example/debian/ bookworm main non-free-firmware # main archive
deb-src http://mirror.example/debian/ bookworm main
deb http://mirror.example/debian/ bookworm-updates main
deb cdrom:[Debian 12]/ bookworm main
`,
    );
    expect(debianSources(apt)).toEqual([
      { uri: "http://mirror.example/debian/", suites: ["bookworm", "bookworm-updates"], components: ["main"] },
    ]);
  });

  it("asks for the hosts' release where the machine has another", () => {
    put(
      "sources.list",
      "deb http://mirror.example/debian trixie main\ndeb http://mirror.example/debian trixie-updates main\n",
    );
    expect(debianSources(apt)[0]?.suites).toEqual(["bookworm", "bookworm-updates"]);
  });

  it("leaves out third parties, backports, disabled stanzas and what is signed by somebody else", () => {
    put(
      "sources.list",
      `deb http://other.example/linux/debian bookworm stable
deb http://db.example/debian bookworm-pgdg main
deb http://mirror.example/debian bookworm-backports main
deb [signed-by=/etc/apt/keyrings/other.gpg] http://other.example/debian bookworm main
`,
    );
    put(
      "sources.list.d/off.sources",
      "Enabled: no\nTypes: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n",
    );
    expect(() => debianSources(apt)).toThrow(/no package source of Debian found.*add Debian's sources/s);
  });

  it("writes a source behind TLS in the package cache's notation for hosts only", () => {
    const sources = [{ uri: "https://mirror.example/debian", suites: ["bookworm"], components: ["main"] }];
    expect(renderSources(sources, true)).toContain("URIs: http://HTTPS///mirror.example/debian\n");
    expect(renderSources(sources, false)).toContain("URIs: https://mirror.example/debian\n");
  });
});

describe("apt's settings", () => {
  const dump = `Acquire::http::Proxy "http://proxy.example:8080";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
DPkg::Post-Invoke "";
`;

  it("takes over what the hosts' apt needs and nothing else", () => {
    expect(aptAcquireSettings(dump)).toEqual(['Acquire::Check-Valid-Until "false";']);
  });

  it.each([
    [dump, "http://proxy.example:8080"],
    ['Acquire::http::Proxy "DIRECT";\n', undefined],
    ['Acquire::http::Proxy "";\n', undefined],
    ["", undefined],
  ])("tells the proxy (%#)", (text, proxy) => {
    expect(aptProxy(text)).toBe(proxy);
  });
});
