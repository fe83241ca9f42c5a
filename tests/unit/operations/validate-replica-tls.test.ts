// SPDX-License-Identifier: Apache-2.0
import type { CheckContext, Outcome } from "../../../operations/validate/check";
import { replicaTls } from "../../../operations/validate/checks/database/replica-tls";

const SERVER = [
  ["have_ssl", "YES", ""],
  ["versions", "TLSv1.2,TLSv1.3", ""],
];

async function verdictOf(...rows: string[][]): Promise<Outcome> {
  const root = (): Promise<string> => Promise.resolve(rows.map((row) => row.join("\t")).join("\n"));
  const cloud = { frontend: { name: "fe" }, root };
  return replicaTls.run({ cloud } as unknown as CheckContext);
}

test("a database without replicas does not pass: there is nothing to judge", async () => {
  expect(await verdictOf(...SERVER)).toEqual({
    verdict: "not applicable",
    evidence: ["the database has no replica"],
  });
});

test.each<[string, string[][], string, string]>([
  [
    "TLS for every account",
    [["account", "replica@10.16.0.11", "tls"], ...SERVER],
    "pass",
    "replica@10.16.0.11 must use TLS",
  ],
  ["an account without", [["account", "replica@%", "plain"], ...SERVER], "fail", "replica@% may replicate without TLS"],
  [
    "a server without",
    [["replica", "10.16.0.11:4711", ""], ["have_ssl", "DISABLED", ""], SERVER[1]!],
    "fail",
    "the database does not speak TLS (have_ssl is DISABLED)",
  ],
  [
    "old versions",
    [["account", "replica@%", "tls"], SERVER[0]!, ["versions", "TLSv1.1,TLSv1.2", ""]],
    "fail",
    "it takes TLSv1.1",
  ],
])("%s", async (_, rows, verdict, first) => {
  const outcome = await verdictOf(...rows);
  expect([outcome.verdict, outcome.evidence[0]]).toEqual([verdict, first]);
});
