// SPDX-License-Identifier: Apache-2.0

/** Calls through an SSH server, which here really forwards to a stand-in oned. */
import * as net from "node:net";
import { memoryStore, startOned, type Oned } from "../../../lab/opennebula/oned/index";
import type { TransportError } from "../../../opennebula";
import { OpenNebula, SshRefusal, TransportFailure, type SshHop } from "../../../opennebula";
import { sshKeyPair } from "../../helpers/ssh-keys";
import { startSshServer, type SshServer } from "../../helpers/ssh-server";

const keys = sshKeyPair();
const host = sshKeyPair();
const other = sshKeyPair();

let oned: Oned;
let ssh: SshServer;
let one: OpenNebula;

beforeEach(async () => {
  oned = await startOned({ store: memoryStore(), port: 0 });
  ssh = await startSshServer({ hostKeys: [host.private], authorizedKey: keys.public });
});

afterEach(async () => {
  one.close();
  await ssh.close();
  await oned.close();
});

const connect = (hop: Partial<SshHop> = {}, port = oned.port, attempts = 5): OpenNebula => {
  one = new OpenNebula({
    endpoint: `http://127.0.0.1:${port}/RPC2`,
    username: "oneadmin",
    password: "opennebula",
    attempts,
    ssh: { host: "127.0.0.1", port: ssh.port, user: "ops", privateKey: keys.private, hostKey: host.public, ...hop },
  });
  return one;
};

const failure = async (work: Promise<unknown>): Promise<TransportError> =>
  work.then(
    () => Promise.reject(new Error("it worked")),
    (error: unknown) => error as TransportError,
  );

it("logs in once for many calls, and not before the first one", async () => {
  connect();
  expect(ssh.seen.connections).toBe(0);
  const answers = await Promise.all([one.version(), one.hosts.list(), one.clusters.findByName("default")]);
  expect(answers).toMatchObject(["7.0.0", [], { id: 0 }]);
  await one.version();
  expect(ssh.seen).toMatchObject({ connections: 1, logins: 1 });
});

it("opens a new connection when the old one broke", async () => {
  connect();
  await one.version();
  ssh.cut();
  expect(await one.version()).toBe("7.0.0");
  expect(ssh.seen.logins).toBe(2);
});

it("takes any of several pinned keys, and refuses a server with another one at once", async () => {
  expect(await connect({ hostKey: `# old\n${other.public}\n${host.public}\n` }).version()).toBe("7.0.0");
  one.close();
  const error = await failure(connect({ hostKey: other.public }).version());
  expect(error).toMatchObject({ failure: TransportFailure.Connect, maybeDone: false });
  expect(error.cause).toBeInstanceOf(SshRefusal);
  expect(error.message).toContain("the server's host key is not the pinned one");
  expect(ssh.seen).toMatchObject({ connections: 2, logins: 1 });
});

it("tells a refused login once, without the key", async () => {
  const error = await failure(connect({ privateKey: other.private }).version());
  expect(error.message).toContain("the server refuses the login; is the key in the user's authorized_keys?");
  expect(error.message).not.toContain("PRIVATE KEY");
  expect(ssh.seen.connections).toBe(1);
});

it("tells that nothing listens behind the hop", async () => {
  await oned.close();
  const error = await failure(connect({}, oned.port, 1).version());
  expect(error).toMatchObject({ failure: TransportFailure.Connect, maybeDone: false });
  expect(error.message).toContain(`the SSH server could not open 127.0.0.1:${oned.port}`);
  oned = await startOned({ store: memoryStore(), port: 0 });
});

it("ends at the deadline when the hop does not answer", async () => {
  await ssh.close();
  const silent = net.createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as net.AddressInfo;
  connect({ port });
  const error = await failure(one.version({ deadlineSeconds: 0.1 }));
  expect(error).toMatchObject({ failure: TransportFailure.Timeout, maybeDone: false });
  one.close();
  silent.close();
  ssh = await startSshServer({ hostKeys: [host.private], authorizedKey: keys.public });
});
