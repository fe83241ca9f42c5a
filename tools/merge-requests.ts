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

/**
 * Writes the newest summary of `check:pr` under every open merge request, one comment each; what was said already is not said again.
 *
 * @returns how many comments were written or changed.
 * @throws Error when GitLab refuses or does not answer.
 */
export async function postChecks(gitlab: GitLabProject): Promise<number> {
  const ask = asking(gitlab);
  const requests = `projects/${gitlab.project}/merge_requests`;
  let written = 0;
  for (const { iid } of await ask<{ iid: number }[]>(`${requests}?state=opened&per_page=100`)) {
    const summary = await summaryOf(ask, `${requests}/${iid}`);
    if (summary === undefined) continue;
    const body = `${MARK}\n${summary.slice(0, MAX_TEXT)}`;
    const notes = await ask<{ id: number; body: string }[]>(`${requests}/${iid}/notes?per_page=100`);
    const ours = notes.find((note) => note.body.startsWith(MARK));
    if (ours?.body.trim() === body.trim()) continue;
    await ask(`${requests}/${iid}/notes${ours ? `/${ours.id}` : ""}`, { method: ours ? "PUT" : "POST", body });
    written += 1;
  }
  return written;
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
