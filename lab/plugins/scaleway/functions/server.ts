// SPDX-License-Identifier: Apache-2.0
import { text } from "../core/values";
import type { FunctionDefinition } from "../core/resource";
import { fullId } from "../locality";
import { bareMetalPath } from "../resources/server/api";
import type { Server } from "../resources/server/api";
import { readServer } from "../resources/server/read";
import { onlyNamed, zonal } from "./common";

export const getServer: FunctionDefinition = {
  token: "scaleway:elasticmetal/getServer:getServer",
  async call(args, call) {
    const { inZone, id } = zonal(args, text(args.serverId), call);
    let serverId = id;
    if (!serverId) {
      const name = text(args.name);
      const { servers } = await call.api.get<{ servers: Server[] }>(`${bareMetalPath(inZone)}/servers`, {
        name,
        order_by: "created_at_asc",
        project_id: text(args.projectId) || undefined,
      });
      serverId = onlyNamed(servers, name).id;
    }
    const full = fullId(inZone, serverId);
    return { ...(await readServer(call, inZone, serverId)), id: full, serverId: full };
  },
};
