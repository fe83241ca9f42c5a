// SPDX-License-Identifier: Apache-2.0
import { ChainReader, type ChainCopy, type ChainExpectation } from "../../../operations/audit/chain";
import { chain, digest } from "../../helpers/audit-chain";

function read(messages: string[], expected: Partial<ChainExpectation> = {}, piece = 1000): ChainCopy {
  const reader = new ChainReader({ host: "fe", ...expected });
  const bytes = Buffer.from(messages.map((message) => `${message}\n`).join(""));
  for (let at = 0; at < bytes.length; at += piece) reader.take(bytes.subarray(at, at + piece));
  return reader.end();
}

test.each([1, 7, 100_000])("a whole chain, in pieces of %d bytes, has no problems and known digests", (piece) => {
  const whole = chain(8);
  const { records, first, last, digests, problems } = read(whole, { wanted: [5] }, piece);
  expect([records, first?.n, last, problems]).toEqual([8, 1, { n: 8, time: 8_000_000, digest: digest(whole[7]!) }, []]);
  expect([...digests]).toEqual([[5, digest(whole[4]!)]]);
});

test("one whose sender repeated itself, and one whose beginning is gone, are no problem of the links", () => {
  const whole = chain(8);
  expect(read([...whole.slice(0, 6), ...whole.slice(3)])).toMatchObject({ records: 8, problems: [] });
  expect(read(whole.slice(3))).toMatchObject({ records: 5, first: { n: 4 }, problems: [] });
});

const edited = (messages: string[], index: number, change: (record: Record<string, unknown>) => void): string[] =>
  messages.map((message, at) => {
    const record = JSON.parse(message) as Record<string, unknown>;
    if (at === index) change(record);
    return JSON.stringify(record);
  });

test.each<[string, (whole: string[]) => string[], string]>([
  ["a record that is gone", (c) => [...c.slice(0, 2), ...c.slice(3)], "record 4 follows record 2: records are missing"],
  ["an edited one", (c) => edited(c, 2, (r) => (r.user = "x")), "record 3 was changed after it was written"],
  [
    "a second version",
    (c) => [...c, ...edited(c, 5, (r) => (r.user = "x")).slice(5)],
    "record 6 is there in two versions",
  ],
  ["a chain begun anew", (c) => [...c, ...chain(2, "fe", 99)], "record 1 follows record 6: the chain begins anew"],
  [
    "a first record with something before it",
    (c) => edited(c, 0, (r) => (r.prev = "1")).slice(0, 1),
    "record 1 is not the beginning of a chain",
  ],
  [
    "a first record that is an event",
    (c) => edited(c, 0, (r) => (r.kind = "login")).slice(0, 1),
    "record 1 is not the beginning of a chain",
  ],
  ["records of another host", () => chain(1, "host01"), 'record 1 says that it is of host "host01"'],
  ["text that is none", (c) => [...c, "hello", "{}"], "after record 6 is something that is no record"],
])("%s shows", (_title, change, problem) => {
  expect(read(change(chain(6))).problems).toContain(problem);
});

test("what somebody has agreed to is no problem any more, what comes after it is", () => {
  const whole = chain(8);
  const broken = [...whole.slice(0, 2), ...whole.slice(3)];
  const accepted = digest(whole[5]!);
  expect(read(broken, { accepted })).toMatchObject({ records: 3, first: { n: 6 }, problems: [] });
  expect(
    read(
      broken.filter((_, index) => index !== 5),
      { accepted },
    ).problems,
  ).toEqual(["record 8 follows record 6: records are missing"]);
});
