import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { forgedFacts } from "../../../../src/constitution/probe.ts";
import { createRedactor } from "../../../../src/core/redact.ts";
import { runWork, sandboxAbility, sandboxFacts, type WorkOptions } from "../../../../src/tools/sandbox/sandbox.ts";
import { raw, repository, scratch } from "../git/scratch.ts";

const ability = await sandboxAbility();
const environment = { ...process.env };
let home: string;

beforeEach(() => {
  home = scratch();
  for (const [path, text] of [
    [".ssh/id_ed25519", "PLANTED-KEY"],
    [".npmrc", "registry=http://mirror.example.test/\n//mirror.example.test/:_authToken=PLANTED-TOKEN\n"],
    [".config/codemonkeys/keys.txt", "PLANTED-AGE-KEY"],
    [
      ".m2/settings.xml",
      "<settings><servers><server><password>PLANTED</password></server></servers><mirrors/></settings>",
    ],
    [".config/go/env", "GOPROXY=http://mirror.example.test\nGOAUTH=PLANTED\nGOPRIVATE=a.test\n"],
    [".netrc", "machine x password PLANTED"],
  ] as const) {
    mkdirSync(join(home, path, ".."), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  process.env.HOME = home;
  process.env.NPM_TOKEN = "PLANTED-VARIABLE";
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});

const work = (command: string, options: Partial<WorkOptions> = {}) =>
  runWork(command, { cwd: scratch(), network: "host", timeoutMs: 20_000, ...options });

/** Processes of this machine whose command line holds a text. */
function running(text: string): string[] {
  const listed = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" });
  return listed.split("\n").filter((line) => line.includes(text) && !line.includes("ps -eo"));
}

describe("everywhere, namespaces or not", () => {
  for (const allowed of [true, false]) {
    const given = allowed ? {} : { ability: { isolated: false, reason: "switched off for this test" } };
    const name = allowed ? "as the kernel allows" : "without namespaces";

    test(`${name}: the home is another one, and no token is in the environment`, async () => {
      const result = await work('echo "home $HOME"; ls -A "$HOME"; env', given);
      expect(result.exitCode).toBe(0);
      expect(result.stdout).not.toContain(home);
      expect(result.stdout).not.toContain("PLANTED");
      expect(result.isolated).toBe(allowed && ability.isolated);
    });

    test(`${name}: npm still asks the user's mirror, without the user's token`, async () => {
      const result = await work('cat "$HOME/.npmrc"', given);
      expect(result.stdout).toBe("registry=http://mirror.example.test/\n");
    });

    test(`${name}: so do Go and Maven, whose home is the other one too`, async () => {
      const result = await work(
        'cat "$HOME/.config/go/env" "$HOME/.m2/settings.xml"; echo; echo "$MAVEN_OPTS $HOME"',
        given,
      );
      const [proxy, scope, settings, maven] = result.stdout.split("\n");
      expect([proxy, scope, settings]).toEqual([
        "GOPROXY=http://mirror.example.test",
        "GOPRIVATE=a.test",
        "<settings><mirrors/></settings>",
      ]);
      expect(maven).toMatch(/^-Duser\.home=(\S+) \1$/);
    });

    test(`${name}: exit code, both streams, the log and redaction`, async () => {
      const logFile = join(scratch(), "work.log");
      const redactor = createRedactor(["s3cret-value"]);
      const result = await work("echo out s3cret-value; echo err >&2; exit 7", { ...given, logFile, redactor });
      expect(result).toMatchObject({ exitCode: 7, ended: "exited", stdout: "out [redacted]\n", stderr: "err\n" });
      expect(readFileSync(logFile, "utf8").split("\n").sort()).toEqual(["", "err", "out [redacted]"]);
    });

    test(`${name}: nothing is left running, not even what fled its process group`, async () => {
      const mark = `71${Math.floor(Math.random() * 1e6)}`;
      await work(`setsid sleep ${mark} & sleep ${mark} & sleep 0.2`, given);
      expect(running(`sleep ${mark}`)).toEqual([]);
    });

    test(`${name}: the time limit ends the whole tree`, async () => {
      const mark = `72${Math.floor(Math.random() * 1e6)}`;
      const result = await work(`sh -c 'sleep ${mark}' & sleep ${mark}`, { ...given, timeoutMs: 500 });
      expect(result.ended).toBe("timeout");
      expect(running(`sleep ${mark}`)).toEqual([]);
    });

    test(`${name}: scratch space is removed, also for a command that fails`, async () => {
      const result = await work('echo "$HOME"; mkdir -p "$HOME/deep/er"; exit 1', given);
      expect(existsSync(result.stdout.trim())).toBe(false);
    });

    test(`${name}: node, npm and python run`, async () => {
      const result = await work(
        "node -p 'process.versions.node.split(\".\")[0] >= 22' && npm --version && python3 -c 'print(6*7)'",
        given,
      );
      expect(result.stdout).toMatch(/^true\n\d+\.\d+\.\d+\n42\n$/);
    });
  }

  test("the fact says what was seen", async () => {
    const facts = sandboxFacts(await work("true", { ability: { isolated: false, reason: "no" } }));
    expect(facts["sandbox.isolated"]?.value).toBe(false);
    expect(forgedFacts(facts)).toEqual([]);
  });
});

describe.runIf(ability.isolated)("in namespaces", () => {
  test("keys and this program's own state cannot be read by their absolute paths, nor uncovered", async () => {
    const probes = [".ssh/id_ed25519", ".npmrc", ".config/codemonkeys/keys.txt", ".netrc"].map((path) => {
      const [file, folder] = [join(home, path), join(home, path, "..")];
      return `cat ${file}; umount ${file}; umount ${folder}; cat ${file};`;
    });
    writeFileSync(join(home, "plain.txt"), "in plain sight");
    const tries = probes.join(" ");
    // The home lies below /tmp here, which is hidden as a whole; seen again, its secret places still are not.
    const result = await work(`cat ${home}/plain.txt; ${tries} unshare -Urm sh -c '${tries}'`, { visible: [home] });
    expect(result.stdout).toContain("in plain sight");
    expect(result.stdout + result.stderr).not.toContain("PLANTED");
    expect(readFileSync(join(home, ".ssh/id_ed25519"), "utf8")).toBe("PLANTED-KEY");
  });

  test("other processes and their environments are out of sight", async () => {
    const result = await work(`ls /proc | grep -c '^[0-9]'; cat /proc/${process.pid}/environ`);
    expect(Number(result.stdout.split("\n")[0])).toBeLessThan(10);
    expect(result.stdout).not.toContain("PLANTED");
  });

  test("/tmp is its own, the work tree below it stays and keeps what is written", async () => {
    const neighbour = join(scratch(), "token");
    writeFileSync(neighbour, "PLANTED");
    const cwd = scratch();
    const result = await work(`cat ${neighbour}; echo kept > made.txt; echo x > /tmp/x && cat /tmp/x`, { cwd });
    expect(result.stdout).toBe("x\n");
    expect(readFileSync(join(cwd, "made.txt"), "utf8")).toBe("kept\n");
  });

  test("a temporary folder below /tmp is replaced as well, and what lies beside it stays hidden", async () => {
    const temporary = scratch();
    const neighbour = join(temporary, "token");
    writeFileSync(neighbour, "PLANTED");
    process.env.TMPDIR = temporary;
    const result = await work(`cat ${neighbour}; echo x > /tmp/x && cat /tmp/x && echo y > "$HOME/y" && cat "$HOME/y"`);
    expect(result.stdout).toBe("x\ny\n");
  });

  test("the repository's git data can be read and not written, from a linked work tree too", async () => {
    const { root, first } = repository();
    const linked = join(scratch(), "linked");
    raw(root, "worktree", "add", "-q", "--detach", linked);
    for (const cwd of [root, linked]) {
      const result = await work(
        `git log -1 --format=%H; git config core.hooksPath /evil; echo x > ${root}/.git/hooks/post-merge`,
        { cwd },
      );
      expect(result.stdout.trim()).toBe(first);
      expect(readFileSync(join(root, ".git/config"), "utf8")).not.toContain("evil");
      expect(existsSync(join(root, ".git/hooks/post-merge"))).toBe(false);
    }
  });

  test("without network loopback still works, and the host's ports are not there", async () => {
    const { createServer } = await import("node:http");
    const server = createServer((_, answer) => answer.end("host"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const own = `node -e "const s=require('http').createServer((q,a)=>a.end('own')).listen(0,'127.0.0.1',()=>fetch('http://127.0.0.1:'+s.address().port).then(r=>r.text()).then(t=>{console.log(t);process.exit()}))"`;
    const hosts = `node -e "fetch('http://127.0.0.1:${port}').then(()=>console.log('reached'),()=>console.log('refused'))"`;
    const cut = await work(`${own}; ${hosts}`, { network: "none" });
    expect(cut.stdout).toBe("own\nrefused\n");
    const open = await work(hosts, { network: "host" });
    expect(open.stdout).toBe("reached\n");
    await new Promise((resolve) => server.close(resolve));
  });

  test("a cache directory outlives the run; what is meant to be seen below a hidden place is seen", async () => {
    const [cache, seen] = [join(scratch(), "cache"), scratch()];
    writeFileSync(join(seen, "tool"), "visible\n");
    await work('mkdir -p "$npm_config_cache" && echo kept > "$npm_config_cache/x"', { cache });
    const result = await work(`cat "$npm_config_cache/x" ${seen}/tool; echo no > ${seen}/tool`, {
      cache,
      visible: [seen],
    });
    expect(result.stdout).toBe("kept\nvisible\n");
    expect(readFileSync(join(seen, "tool"), "utf8")).toBe("visible\n");
  });

  test("a sandbox that cannot be set up is told as that, not as the command's failure", async () => {
    const bin = scratch();
    writeFileSync(join(bin, "mount"), "#!/bin/sh\necho mounting is out of order >&2\nexit 1\n", { mode: 0o755 });
    process.env.PATH = `${bin}:${process.env.PATH}`;
    const result = await work("echo ran");
    expect(result).toMatchObject({ ended: "not_started", exitCode: undefined, stdout: "" });
    expect(result.startError).toContain("mounting is out of order");
    process.env.PATH = environment.PATH;
    expect(await work("exit 32")).toMatchObject({ ended: "exited", exitCode: 32 });
  });

  test("a virtual environment on the search path is there as a whole", async () => {
    const environmentOf = scratch();
    mkdirSync(join(environmentOf, "bin"));
    writeFileSync(join(environmentOf, "pyvenv.cfg"), "home = /usr/bin\n");
    process.env.PATH = `${join(environmentOf, "bin")}:${environment.PATH}`;
    const result = await work(
      `cat ${environmentOf}/pyvenv.cfg; { echo no > ${environmentOf}/pyvenv.cfg; } 2>/dev/null`,
    );
    process.env.PATH = environment.PATH;
    expect(result.stdout).toBe("home = /usr/bin\n");
    expect(readFileSync(join(environmentOf, "pyvenv.cfg"), "utf8")).toBe("home = /usr/bin\n");
  });

  test("paths with quotes, blanks and dollars are only paths", async () => {
    const cwd = join(scratch(), `it's "$(touch evil)" here`);
    mkdirSync(cwd);
    const result = await work("pwd; ls", { cwd });
    expect(result).toMatchObject({ exitCode: 0, stdout: `${cwd}\n` });
  });
});
