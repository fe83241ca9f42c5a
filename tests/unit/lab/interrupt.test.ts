// SPDX-License-Identifier: Apache-2.0
import { Interrupt } from "../../../lab/interrupt";

describe("Ctrl-C", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it("ends a deployment in order and says so at once; a second one a moment later ends everything", async () => {
    const left: number[] = [];
    const told: string[] = [];
    const interrupt = new Interrupt((code) => left.push(code));
    await interrupt.deploying(
      (text) => told.push(text),
      (signal) => {
        interrupt.take();
        expect(signal.aborted).toBe(true);
        expect(told).toEqual([expect.stringContaining("the next run goes on from there")]);
        // npm sends on what the terminal has already sent.
        jest.advanceTimersByTime(100);
        interrupt.take();
        expect(left).toEqual([]);
        jest.advanceTimersByTime(1000);
        interrupt.take();
        expect(left).toEqual([130]);
        return Promise.resolve();
      },
    );
    expect(told).toHaveLength(1);
    expect(interrupt.happened).toBe(true);
  });

  it("ends everything else at once", async () => {
    const left: number[] = [];
    const interrupt = new Interrupt((code) => left.push(code));
    interrupt.take();
    await interrupt.deploying(
      () => undefined,
      () => Promise.resolve(),
    );
    interrupt.take();
    expect(left).toEqual([130, 130]);
    expect(interrupt.happened).toBe(false);
  });
});
