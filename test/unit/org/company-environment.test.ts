import { expect, it } from "vitest";
import { companyEnvironment } from "../../../src/org/company-environment.ts";

const FLEET = {
  companies: {
    acme: { accounts: { github: { token_env: "ACME_GITHUB" }, npm: { token_env: "ACME_NPM" }, pypi: { secret: "p" } } },
    initech: { accounts: { github: { token_env: "INITECH_GITHUB" } } },
  },
  products: {},
  servers: {},
};
const JENKINS = { JENKINS_URL: "https://ci.example/", JOB_NAME: "acme/payments/main", GITHUB_TOKEN: "of the folder" };

it("what a company's folder in Jenkins binds has the names of that company's accounts", () => {
  expect(companyEnvironment({ ...JENKINS, ACME_NPM: "own" }, FLEET, "acme")).toEqual({
    ...JENKINS,
    ACME_GITHUB: "of the folder",
    ACME_NPM: "own",
  });
});

it("is nobody else's: not another company's, not outside of its folder, not on a person's machine", () => {
  expect(companyEnvironment(JENKINS, FLEET, "initech")).toEqual(JENKINS);
  const { JENKINS_URL, ...person } = JENKINS;
  for (const environment of [{ ...JENKINS, JOB_NAME: "acme-two/x" }, { ...JENKINS, JOB_NAME: "acme" }, person]) {
    expect(companyEnvironment(environment, FLEET, "acme")).toEqual(environment);
  }
});
