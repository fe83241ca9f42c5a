// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { postChecks } from "../../../tools/merge-requests";

const TOKEN = "secret-token";
let server: Server;
let api: string;
/** What GitLab answers, by path. */
let answers: Record<string, unknown>;
let written: { method: string; path: string; body: string }[];
let tokens: Set<string | undefined>;

beforeEach(async () => {
  written = [];
  tokens = new Set();
  server = createServer((request, response) => {
    const path = request.url!.slice(1);
    tokens.add(request.headers["private-token"] as string | undefined);
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      if (request.method !== "GET") {
        written.push({ method: request.method!, path, body: (JSON.parse(text) as { body: string }).body });
        return response.writeHead(201, { "content-type": "application/json" }).end("{}");
      }
      const answer = answers[path];
      if (answer === undefined) return response.writeHead(404).end();
      if (typeof answer === "string") return response.writeHead(200, { "content-type": "text/plain" }).end(answer);
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answers = {
    user: { id: 42 },
    "projects/7/merge_requests?state=opened&per_page=100": [{ iid: 3 }],
    "projects/7/merge_requests/3/pipelines": [{ id: 11, project_id: 70 }],
    "projects/70/pipelines/11/jobs": [
      { id: 20, name: "other", finished_at: "x" },
      { id: 21, name: "check", finished_at: "2026-11-26T10:00:00Z" },
    ],
    "projects/70/jobs/21/artifacts/.check-pr/summary.md": "## Checks: passed\n",
    "projects/7/merge_requests/3/notes?per_page=100": [],
  };
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const post = (): Promise<number> => postChecks({ api, project: "7", token: TOKEN });

test("a summary becomes a comment, a new one takes its place, and the same is not said twice", async () => {
  expect(await post()).toBe(1);
  const body = "<!-- check:pr -->\n## Checks: passed\n";
  expect(written).toEqual([{ method: "POST", path: "projects/7/merge_requests/3/notes", body }]);
  answers["projects/7/merge_requests/3/notes?per_page=100"] = [
    { id: 3, body: "a person's", author: { id: 1 } },
    { id: 4, body: "<!-- check:pr -->\na person's, too", author: { id: 1 } },
    { id: 5, body, author: { id: 42 } },
  ];
  expect(await post()).toBe(0);
  answers["projects/70/jobs/21/artifacts/.check-pr/summary.md"] = "## Checks: **failed**\n";
  expect(await post()).toBe(1);
  expect(written.at(-1)).toMatchObject({ method: "PUT", path: "projects/7/merge_requests/3/notes/5" });
  expect(tokens).toEqual(new Set([TOKEN]));
});

test.each(["projects/70/pipelines/11/jobs", "projects/7/merge_requests/3/pipelines"])(
  "says nothing while %s is empty",
  async (path) => {
    answers[path] = [];
    expect(await post()).toBe(0);
    expect(written).toEqual([]);
  },
);

test("a job that left no summary is no failure; a GitLab that refuses is one, without the token", async () => {
  delete answers["projects/70/jobs/21/artifacts/.check-pr/summary.md"];
  expect(await post()).toBe(0);
  answers = { user: { id: 42 } };
  await expect(post()).rejects.toThrow("GitLab answered 404 to projects/7/merge_requests?state=opened&per_page=100");
  await expect(post()).rejects.not.toThrow(TOKEN);
});

test("what a change wrote into its summary runs no quick action and mentions nobody", async () => {
  const text = "fine\n/approve\r\n  /merge\r/close\u2028/label ~x\na/b me@example.org @all\n";
  answers["projects/70/jobs/21/artifacts/.check-pr/summary.md"] = text;
  await post();
  const { body } = written[0]!;
  expect(body.split(/[\r\n\u2028]/).filter((line) => /^\s*\//u.test(line))).toEqual([]);
  expect(body).not.toMatch(/@\w/);
  expect(body.replaceAll("\u200b", "")).toContain("/approve\n  /merge\n/close\n/label ~x\na/b me@example.org @all");
});

test("a merge request that cannot be read keeps no other from its comment, and is told at the end", async () => {
  answers["projects/7/merge_requests?state=opened&per_page=100"] = [{ iid: 2 }, { iid: 3 }];
  await expect(post()).rejects.toThrow(/^merge request 2: GitLab answered 404 to .*\/2\/pipelines$/);
  expect(written).toHaveLength(1);
});
