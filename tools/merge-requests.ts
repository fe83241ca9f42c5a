// SPDX-License-Identifier: Apache-2.0

/** A project of a GitLab, and who writes there. */
export interface GitLabProject {
  /** `https://gitlab.example.org/api/v4` */
  api: string;
  /** Number of the project. */
  project: string;
  /** Token with the scope `api`. */
  token: string;
}

/** How a comment of ours is known again. */
const MARK = "<!-- check:pr -->";
const SUMMARY = ".check-pr/summary.md";
const MAX_TEXT = 100_000;
const SECONDS = 30;

/** Nothing to see, and neither a quick action nor a mention goes on across it. */
const ZERO_WIDTH_SPACE = "\u200b";

interface Note {
  id: number;
  body: string;
  author: { id: number };
}

/**
 * A text of strangers as a comment that does nothing. GitLab runs a line that begins with `/` as a quick action (`/merge`) with the
 * rights of whoever posts it, and tells everybody who is mentioned.
 */
export function harmless(text: string): string {
  return text
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n")
    .replace(/^(\s*)\//gm, `$1${ZERO_WIDTH_SPACE}/`)
    .replaceAll("@", `@${ZERO_WIDTH_SPACE}`);
}

/**
 * Writes the newest summary of `check:pr` under every open merge request, one comment each; what was said already is not said again.
 * The summary is from a job that ran the change, so it is a stranger's text.
 *
 * @returns how many comments were written or changed.
 * @throws Error when GitLab refuses or does not answer; of single merge requests after all others had their comments.
 */
export async function postChecks(gitlab: GitLabProject): Promise<number> {
  const ask = asking(gitlab);
  const requests = `projects/${gitlab.project}/merge_requests`;
  const { id: self } = await ask<{ id: number }>("user");
  const failed: string[] = [];
  let written = 0;
  for (const { iid } of await ask<{ iid: number }[]>(`${requests}?state=opened&per_page=100`)) {
    try {
      if (await postCheck(ask, `${requests}/${iid}`, self)) written += 1;
    } catch (error) {
      failed.push(`merge request ${iid}: ${(error as Error).message}`);
    }
  }
  if (failed.length > 0) throw new Error(failed.join("; "));
  return written;
}

/** @returns whether there was something new to say. */
async function postCheck(ask: Ask, request: string, self: number): Promise<boolean> {
  const summary = await summaryOf(ask, request);
  if (summary === undefined) return false;
  const body = `${MARK}\n${harmless(summary).slice(0, MAX_TEXT)}`;
  const notes = await ask<Note[]>(`${request}/notes?per_page=100`);
  // Anybody can write the mark.
  const ours = notes.find((note) => note.author.id === self && note.body.startsWith(MARK));
  if (ours?.body.trim() === body.trim()) return false;
  await ask(`${request}/notes${ours ? `/${ours.id}` : ""}`, { method: ours ? "PUT" : "POST", body });
  return true;
}

type Ask = <T>(path: string, write?: { method: "PUT" | "POST"; body: string }) => Promise<T>;

/** The summary of the newest pipeline; undefined while there is none. A fork's pipeline is in the fork. */
async function summaryOf(ask: Ask, request: string): Promise<string | undefined> {
  const [pipeline] = await ask<{ id: number; project_id: number }[]>(`${request}/pipelines`);
  if (!pipeline) return undefined;
  const { id, project_id: project } = pipeline;
  const jobs = await ask<{ id: number; name: string; finished_at: string | null }[]>(
    `projects/${project}/pipelines/${id}/jobs`,
  );
  const job = jobs.find(({ name, finished_at: finished }) => name === "check" && finished !== null);
  return job && ask<string>(`projects/${project}/jobs/${job.id}/artifacts/${SUMMARY}`).catch(() => undefined);
}

function asking({ api, token }: GitLabProject): Ask {
  return async <T>(path: string, write?: { method: "PUT" | "POST"; body: string }): Promise<T> => {
    const response = await fetch(`${api}/${path}`, {
      method: write?.method ?? "GET",
      headers: { "PRIVATE-TOKEN": token, ...(write && { "content-type": "application/json" }) },
      body: write && JSON.stringify({ body: write.body }),
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
    if (!response.ok) throw new Error(`GitLab answered ${response.status} to ${path}`);
    const isJson = response.headers.get("content-type")?.includes("json");
    return (isJson ? await response.json() : await response.text()) as T;
  };
}
