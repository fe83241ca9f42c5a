// SPDX-License-Identifier: Apache-2.0

import type { Methods } from "../call";
import { authorize, use } from "../call";
import { Code, Failure } from "../failure";

export const zoneMethods: Methods = {
  "one.zone.enable": (context, params) => {
    const [id, enable] = [params.int(0), params.boolean(1)];
    const zone = use(context, "zone", id, "ADMIN");
    zone.data.state = enable ? 0 : 1;
    context.state.touch("zone", zone);
    return id;
  },
  "one.zone.allocate": (context, params) => {
    params.string(0);
    authorize(context, ["CREATE", { type: "ZONE" }]);
    throw new Failure(Code.ALLOCATE, "Error allocating a new zone. New zones can only be created at federation master");
  },
};
