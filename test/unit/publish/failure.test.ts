import { describe, expect, test } from "vitest";
import { problem } from "../../../src/core/diagnostic.ts";
import { publishFailure } from "../../../src/pillars/publish/failure.ts";

describe("what a registry's refusal means", () => {
  test.each([
    ["npm error code E401\nnpm error Unable to authenticate", "publish.not_authorised", "secret"],
    ["HTTPError: 403 Forbidden from the index", "publish.not_authorised", "secret"],
    ["the registry refused the upload (401): bad token", "publish.not_authorised", "secret"],
    ["PUT http://r/v2/: UNAUTHORIZED: authentication required", "publish.not_authorised", "secret"],
    ["npm error code E429", "publish.rate_limited", "infrastructure"],
    ["GET http://r/v2/: TOOMANYREQUESTS: slow down", "publish.rate_limited", "infrastructure"],
    ["HTTPError: 503 Service Unavailable", "publish.registry_unwell", "infrastructure"],
    ["the registry answered 502: bad gateway", "publish.registry_unwell", "infrastructure"],
  ])("%s", (details, code, kind) => {
    const cause = problem("infrastructure", "ansible.task_failed", "the upload failed", { details });
    const [first, ...rest] = publishFailure([cause], { title: "npm", token: "ACME_NPM" });
    expect(first).toMatchObject({ code, kind });
    expect(rest).toEqual([cause]);
  });

  test.each([
    "there is no variable package_name",
    "listening on port 4013",
    "version 1.401.0 is there with other bytes",
  ])("nothing is guessed from: %s", (message) => {
    const cause = problem("config", "ansible.task_failed", message);
    expect(publishFailure([cause], { title: "npm", token: "X" })).toEqual([cause]);
  });
});
