// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "./clock";

const ATTEMPTS = 4;
/** An attempt without an answer counts as a connection that failed. */
const ATTEMPT_SECONDS = 120;
const FIRST_PAUSE_SECONDS = 2;
const LONGEST_PAUSE_SECONDS = 120;

/**
 * A `fetch` that repeats what may pass: 429, 5xx but not 501, and connections that fail; after 2, 4, 8 s or what `Retry-After`
 * says. The fourth failure is the answer. 409 and 4xx else are never repeated.
 */
export function retryingFetch(clock: Clock): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    for (let attempt = 1; ; attempt++) {
      const last = attempt === ATTEMPTS;
      let pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS);
      try {
        const response = await fetch(request.clone(), { signal: AbortSignal.timeout(ATTEMPT_SECONDS * 1000) });
        if (last || !mayPass(response.status)) return response;
        pause = asked(response) ?? pause;
        await response.arrayBuffer();
      } catch (error) {
        if (last) throw unreachable(request, error);
      }
      await clock.sleep(pause);
    }
  };
}

function mayPass(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

function asked(response: Response): number | undefined {
  const header = response.headers.get("retry-after");
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}

function unreachable(request: Request, error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new Error(`scaleway-sdk-go: error executing request: ${request.method} ${request.url}: ${reason}`, {
    cause: error,
  });
}
