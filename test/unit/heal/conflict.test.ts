import { describe, expect, test } from "vitest";
import { conflictOf } from "../../../src/pillars/heal/conflict.ts";
import { readLog } from "../../../src/pillars/heal/read/index.ts";

async function conflictIn(log: string) {
  const bytes = Buffer.from(log);
  async function* source() {
    yield bytes;
  }
  const { root } = await readLog(source());
  return root && conflictOf(root);
}

/** As the tools print it; each line of its own. */
describe("what a log tells of packages that cannot be had", () => {
  test("npm: a package's peer range against the project's own ask", async () => {
    const log = `npm ERR! code ERESOLVE
npm ERR! ERESOLVE could not resolve
npm ERR!
npm ERR! While resolving: app@1.0.0
npm ERR! Found: react@18.2.0
npm ERR! node_modules/react
npm ERR!   react@"^18.0.0" from the root project
npm ERR!
npm ERR! Could not resolve dependency:
npm ERR! peer react@"^17.0.0 || ^16.0.0" from @scope/widget@2.0.4
npm ERR! node_modules/@scope/widget
npm ERR!   @scope/widget@"^2.0.0" from the root project
`;
    expect(await conflictIn(log)).toEqual({
      ecosystem: "npm",
      package: "@scope/widget",
      requested: "^2.0.0",
      against: { package: "react", wants: "^17.0.0 || ^16.0.0", met: "^18.0.0" },
    });
  });

  test("pip: of several that depend on it, the one that does not fit", async () => {
    const log = `ERROR: Cannot install -r r.txt (line 1), -r r.txt (line 3) and Urllib3==2.5.0 because these package versions have conflicting dependencies.

The conflict is caused by:
    The user requested Urllib3==2.5.0
    requests 2.31.0 depends on urllib3<3 and >=1.21.1
    botocore 1.29.0 depends on urllib3<1.27 and >=1.25.4

ERROR: ResolutionImpossible: for help visit the documentation
`;
    expect(await conflictIn(log)).toEqual({
      ecosystem: "pypi",
      package: "botocore",
      requested: "==1.29.0",
      against: { package: "urllib3", wants: "<1.27,>=1.25.4", met: "==2.5.0" },
    });
  });

  test("uv: the project's own ask against a dependency's", async () => {
    const log = `  × No solution found when resolving dependencies:
  ╰─▶ Because botocore==1.29.0 depends on urllib3>=1.25.4,<1.27 and your
      project depends on urllib3==2.5.0, we can conclude that your project's
      requirements are unsatisfiable.
`;
    expect(await conflictIn(log)).toMatchObject({
      package: "botocore",
      requested: "==1.29.0",
      against: { package: "urllib3", wants: ">=1.25.4,<1.27", met: "==2.5.0" },
    });
  });

  test("cargo: two versions of what may be there once", async () => {
    const log = `error: failed to select a version for \`libz-sys\`.
    ... required by package \`demo v0.1.0 (/build)\`
versions that meet the requirements \`=1.0.0\` are: 1.0.0

all possible versions conflict with previously selected packages.

  previously selected package \`libz-sys v1.1.0\`
    ... which satisfies dependency \`libz-sys = "=1.1.0"\` of package \`demo v0.1.0 (/build)\`
`;
    expect(await conflictIn(log)).toMatchObject({
      ecosystem: "cargo",
      package: "libz-sys",
      requested: "=1.0.0",
      against: { package: "libz-sys", met: "=1.1.0" },
    });
  });

  test("a version, or a package, that is not there has nothing against it", async () => {
    expect(
      await conflictIn("npm error code ETARGET\nnpm error notarget No matching version found for ms@99.0.0.\n"),
    ).toEqual({
      ecosystem: "npm",
      package: "ms",
      requested: "99.0.0",
    });
    const pip =
      "ERROR: Could not find a version that satisfies the requirement nope>=3 (from versions: none)\nERROR: No matching distribution found for nope>=3\n";
    expect(await conflictIn(pip)).toEqual({ ecosystem: "pypi", package: "nope", requested: "*" });
  });

  test("a failing test is none", async () => {
    expect(await conflictIn("npm error code ELIFECYCLE\nnpm error Test failed.\n")).toBeUndefined();
  });
});
