// SPDX-License-Identifier: Apache-2.0
export interface GuestPair {
  readonly run: string;
}
