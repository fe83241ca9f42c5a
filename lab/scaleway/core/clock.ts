// SPDX-License-Identifier: Apache-2.0

/** How long each passing state lasts at least, in milliseconds at speed 1. */
export interface Delays {
  /** Server: `ordered`. */
  ordered: number;
  /** Server: `delivering`. */
  delivering: number;
  /** Installation: `to_install`. */
  toInstall: number;
  /** Installation: `installing`; longer where the machine takes longer. */
  installing: number;
  /** Server: `deleting`. */
  deleting: number;
  /** Server: `starting`, `stopping`, `resetting`. */
  power: number;
  /** Option: `enabling` and `disabling`. */
  option: number;
  /** Private network of a server: `attaching`. */
  attach: number;
  /** Private network of a server: `detaching`. */
  detach: number;
  /** Flexible IP: `updating` and `detaching`. */
  flexibleIp: number;
}

/** The lab's: as short as the machines behind the API allow. */
export const labDelays: Delays = {
  ordered: 0,
  delivering: 0,
  toInstall: 0,
  installing: 0,
  deleting: 0,
  power: 0,
  option: 0,
  attach: 0,
  detach: 0,
  flexibleIp: 0,
};

/** About what the real API takes (recorded traffic: delivery half a minute, installation 5 to 6 minutes). */
export const realDelays: Delays = {
  ordered: 5_000,
  delivering: 20_000,
  toInstall: 25_000,
  installing: 320_000,
  deleting: 10_000,
  power: 60_000,
  option: 5_000,
  attach: 10_000,
  detach: 10_000,
  flexibleIp: 5_000,
};

export interface ClockOptions {
  /** Milliseconds since 1970; default the machine's clock. */
  now?: () => number;
  /** States pass this many times faster; default 1. */
  speed?: number;
  /** Default `labDelays`. */
  delays?: Partial<Delays>;
}

export class Clock {
  readonly delays: Delays;
  speed: number;
  private readonly read: () => number;

  constructor(options: ClockOptions = {}) {
    this.read = options.now ?? Date.now;
    this.speed = options.speed ?? 1;
    this.delays = { ...labDelays, ...options.delays };
  }

  now(): number {
    return this.read();
  }

  /** The API's timestamps have microseconds. */
  timestamp(): string {
    return new Date(this.now()).toISOString().replace("Z", "000Z");
  }

  /** Milliseconds that a state lasts now. */
  delay(name: keyof Delays): number {
    return this.delays[name] / this.speed;
  }
}
