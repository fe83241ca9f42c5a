// SPDX-License-Identifier: Apache-2.0
import { memoryStore, startOned } from "../../../lab/opennebula/oned/index";
import { OpenNebula } from "../../../opennebula";
import { issueToken, revokeTokens } from "../../../operations/access/tokens";

const PASSWORD = "a-long-enough-password";
let stop: () => Promise<void>;
let endpoint: string;
let admin: OpenNebula;
let user: string;
let count = 0;

const as = (password: string): OpenNebula => new OpenNebula({ endpoint, username: user, password });

beforeAll(async () => {
  const oned = await startOned({ store: memoryStore(), port: 0, monitorInterval: 0, oneAuth: `oneadmin:${PASSWORD}` });
  stop = () => oned.close();
  endpoint = `http://127.0.0.1:${oned.port}/RPC2`;
  admin = new OpenNebula({ endpoint, username: "oneadmin", password: PASSWORD });
});
afterAll(() => stop());
beforeEach(async () => {
  user = `dora${count++}`;
  await admin.users.allocate({ name: user, password: "the-persons-own", driver: "core", groupIds: [1] });
});

const works = async (password: string): Promise<boolean> =>
  as(password)
    .users.info(-1)
    .then(
      () => true,
      () => false,
    );

test("a token is a login until it is revoked, and the password goes on", async () => {
  const now = new Date("2026-11-26T10:00:00Z");
  const { token, expires } = await issueToken({ oned: admin }, { user, lasts: "8h" }, now);
  expect(expires).toBe("2026-11-26T18:00:00.000Z");
  expect(await works(token)).toBe(true);
  await revokeTokens({ oned: admin }, user);
  expect([await works(token), await works("the-persons-own")]).toEqual([false, true]);
});

test("it has the rights of one group of the user's, and of no other", async () => {
  const { id } = (await admin.users.list()).find(({ name }) => name === user)!;
  await admin.users.addGroup(id, await admin.groups.allocate({ name: `team-${user}` }));
  const issued = await issueToken({ oned: admin }, { user, lasts: "30m", group: `team-${user}` });
  expect([issued.group, await works(issued.token)]).toEqual([`team-${user}`, true]);
  expect((await issueToken({ oned: admin }, { user, lasts: "30m" })).group).toBe("users");
  // oned itself would let an administrator give these away.
  await expect(issueToken({ oned: admin }, { user, lasts: "30m", group: "oneadmin" })).rejects.toThrow(
    `${user} is not in group "oneadmin", but in team-${user}, users`,
  );
  await expect(issueToken({ oned: admin }, { user: "nobody", lasts: "30m" })).rejects.toThrow(
    'there is no user "nobody"',
  );
});

test.each(["", "8", "0h", "-1h", "forever", "91d", "1h30m"])("refuses to let one live for %p", async (lasts) => {
  await expect(issueToken({ oned: admin }, { user, lasts })).rejects.toThrow("--expires");
});
