// SPDX-License-Identifier: Apache-2.0
// post-checks.ts   posts what `check:pr` found on every open merge request of a GitLab project; run by a schedule, see .gitlab-ci.yml
import { postChecks } from "./merge-requests";

const { CI_API_V4_URL: api, CI_PROJECT_ID: project, COMMENT_TOKEN: token } = process.env;
if (!api || !project || !token) throw new Error("CI_API_V4_URL, CI_PROJECT_ID and COMMENT_TOKEN must be set");

postChecks({ api, project, token }).then(
  (posted) => console.log(`${posted} comments written`),
  (error: Error) => {
    console.error(`post-checks: ${error.message}`);
    process.exitCode = 1;
  },
);
