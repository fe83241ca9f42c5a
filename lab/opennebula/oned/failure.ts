// SPDX-License-Identifier: Apache-2.0

/** The error codes of the API's envelope. */
export const Code = {
  AUTHENTICATION: 256,
  AUTHORIZATION: 512,
  NO_EXISTS: 1024,
  ACTION: 2048,
  XML_RPC_API: 4096,
  INTERNAL: 8192,
  ALLOCATE: 16384,
} as const;

/** A call that oned refuses: becomes the five-element envelope, with the method's name before the message. */
export class Failure extends Error {
  /** True when what the call changed before it was refused stays. */
  kept = false;

  constructor(
    readonly code: number,
    message: string,
    /** The missing object's id with NO_EXISTS, else -1. */
    readonly id = -1,
  ) {
    super(message);
  }

  /** Refuses without taking back what was changed. */
  keep(): this {
    this.kept = true;
    return this;
  }
}
