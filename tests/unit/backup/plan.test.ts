// SPDX-License-Identifier: Apache-2.0
import { planBackup, planBucket, type BackupsPlanArgs } from "../../../components/backup/plan";

const cloud: BackupsPlanArgs = {
  defaultProjectId: "11111111-2222-4333-8444-555555555555",
  defaultRegion: "fr-par",
  frontend: "fe",
  hosts: ["fe"],
  protected: true,
};
const projectId = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

test("the bucket is in the project of backups, and named after it; without one in that of the servers", () => {
  expect(planBucket(cloud)).toMatchObject({
    projectId: cloud.defaultProjectId,
    ownProject: false,
    bucket: "opennebula-backups-111111112222",
  });
  expect(planBucket({ ...cloud, projectId })).toMatchObject({
    projectId,
    ownProject: true,
    bucket: "opennebula-backups-aaaaaaaabbbb",
  });
  expect(planBucket({ ...cloud, projectId: cloud.defaultProjectId }).ownProject).toBe(false);
  expect(planBackup("fe", { ...cloud, projectId }).repository).toContain("opennebula-backups-aaaaaaaabbbb/hosts");
});
