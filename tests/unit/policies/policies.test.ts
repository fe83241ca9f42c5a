// SPDX-License-Identifier: Apache-2.0
import { serversProtected } from "../../../policies/baremetal/servers-protected";
import { noTriggersWithUndo } from "../../../policies/hosts/no-triggers-with-undo";
import { sshHostKeyPinned } from "../../../policies/hosts/ssh-host-key-pinned";
import { violations } from "../../helpers/policy";

const command = "command:remote:Command";

describe("ssh-host-key-pinned", () => {
  it.each([command, "command:remote:CopyToRemote"])("refuses %s without host key", async (type) => {
    expect(await violations(sshHostKeyPinned, type, { connection: { host: "h" } })).toHaveLength(1);
    expect(await violations(sshHostKeyPinned, type, {})).toHaveLength(1);
  });

  it("wants the bastion's key too", async () => {
    expect(
      await violations(sshHostKeyPinned, command, { connection: { hostKey: "k", proxy: { host: "b" } } }),
    ).toHaveLength(1);
  });

  it("accepts a pinned one and looks at nothing else", async () => {
    expect(await violations(sshHostKeyPinned, command, { connection: { hostKey: "k" } })).toEqual([]);
    expect(await violations(sshHostKeyPinned, "command:local:Command", {})).toEqual([]);
  });
});

describe("no-triggers-with-undo", () => {
  it("refuses the pair and accepts each alone", async () => {
    expect(await violations(noTriggersWithUndo, command, { delete: "x", triggers: ["1"] })).toHaveLength(1);
    expect(await violations(noTriggersWithUndo, command, { delete: "x", triggers: [] })).toEqual([]);
    expect(await violations(noTriggersWithUndo, command, { triggers: ["1"] })).toEqual([]);
  });
});

describe("servers-protected", () => {
  const server = "scaleway:elasticmetal/server:Server";
  it("asks for both guards", async () => {
    expect(await violations(serversProtected, server, { protected: false })).toHaveLength(2);
    expect(await violations(serversProtected, server, { protected: true })).toHaveLength(1);
    expect(await violations(serversProtected, server, { protected: true }, true)).toEqual([]);
  });
});
