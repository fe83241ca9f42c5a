// SPDX-License-Identifier: Apache-2.0
import {
  OneClient,
  type CallOptions,
  type CallResult,
  type ClientSettings,
  type RpcParameter,
} from "../../../opennebula";
import type { Tallies } from "./tallies";

/** More would take connections from people: oned serves 15. */
export const CONNECTIONS = 2;

/**
 * A client that never takes more of oned than {@link CONNECTIONS}, asks once, notes how long each answer took, and gives up when the
 * look is over: one deadline for all calls of a look, that no subject can forget.
 */
export class MeasuredClient extends OneClient {
  private end = 0;

  constructor(
    settings: Pick<ClientSettings, "endpoint" | "username" | "password">,
    private readonly tallies: Tallies,
  ) {
    super({ ...settings, concurrency: CONNECTIONS, attempts: 1 });
  }

  /** A look begins, and may take so long. */
  begin(seconds: number): void {
    this.end = Date.now() + seconds * 1000;
  }

  override async callAny(
    method: string,
    parameters: readonly RpcParameter[],
    options: CallOptions = {},
  ): Promise<CallResult> {
    const left = (this.end - Date.now()) / 1000;
    if (left <= 0) throw new Error(`${method}: not asked, the time for this look is over`);
    const deadlineSeconds = Math.min(left, options.deadlineSeconds ?? left);
    const started = process.hrtime.bigint();
    let answered = false;
    try {
      const answer = await super.callAny(method, parameters, { ...options, deadlineSeconds });
      answered = true;
      return answer;
    } finally {
      this.tallies.called(method, Number(process.hrtime.bigint() - started) / 1e9, answered);
    }
  }
}
