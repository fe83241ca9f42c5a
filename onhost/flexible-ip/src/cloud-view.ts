// SPDX-License-Identifier: Apache-2.0
import { OneClient } from "../../../opennebula/client";
import { isNoExists } from "../../../opennebula/errors";
import { parseXml } from "../../../opennebula/xml";
import type { Deadline } from "./clock";
import { claimsOf, type Claim } from "./occupancy";

export interface OnedSettings {
  endpoint: string;
  username: string;
  password: string;
}

/** Where oned says that VMs are. */
export interface CloudView {
  /** Claims of one VM; none if there is no such VM. */
  ofVm(id: number, deadline: Deadline): Promise<Claim[]>;
  /** Claims of every VM that is not done. */
  all(deadline: Deadline): Promise<Claim[]>;
}

const PAGE_SIZE = 500;
const EVERYBODY = -2;
const NOT_DONE = -1;

/** Asks oned on its loopback port. */
export class OnedView implements CloudView {
  private readonly client: OneClient;

  constructor(settings: OnedSettings) {
    this.client = new OneClient(settings);
  }

  async ofVm(id: number, deadline: Deadline): Promise<Claim[]> {
    try {
      return claimsOf(parseXml("one.vm.info", await this.client.call("one.vm.info", [id, false], options(deadline))));
    } catch (error) {
      if (isNoExists(error)) return [];
      throw error;
    }
  }

  /** In pages, of which only the claims are kept; extended, because the short form leaves attributes of interfaces out. */
  async all(deadline: Deadline): Promise<Claim[]> {
    const method = "one.vmpool.infoextended";
    const claims: Claim[] = [];
    for (let offset = 0; ; offset += PAGE_SIZE) {
      const range = [EVERYBODY, offset, -PAGE_SIZE, NOT_DONE] as const;
      const xml = await this.client.call(method, [...range], options(deadline));
      let count = 0;
      parseXml(method, xml, (vm) => {
        count += 1;
        claims.push(...claimsOf(vm));
      });
      if (count < PAGE_SIZE) return claims;
    }
  }
}

function options(deadline: Deadline): { deadlineSeconds: number } {
  return { deadlineSeconds: Math.max(1, deadline.left / 1000) };
}
