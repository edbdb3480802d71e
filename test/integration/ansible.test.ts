import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Diagnostic, Outcome } from "../../src/core/diagnostic.ts";
import type { Event } from "../../src/core/events.ts";
import { runProcess } from "../../src/core/process.ts";
import {
  ensureAnsible,
  type PlaybookOptions,
  type PlaybookReport,
  runPlaybook,
} from "../../src/tools/ansible/ansible.ts";
import { ensureVenv } from "../../src/tools/python/venv.ts";
import { allow, codes, ok } from "../unit/tools/permit.ts";
import { scratchFolder, textOf } from "./publish.ts";

const scratch = scratchFolder();
afterAll(() => scratch.remove());
beforeAll(async () => {
  ok(await ensureAnsible());
});

const target = { environment: "test", service: "x", digest: "0".repeat(64), hosts: ["localhost"] };

/** Writes a playbook and runs it. */
async function play(text: string, options: Partial<PlaybookOptions> = {}): Promise<Outcome<PlaybookReport>> {
  const directory = join(scratch.path, Math.random().toString(36).slice(2));
  mkdirSync(directory);
  const playbook = join(directory, "play.yml");
  writeFileSync(playbook, text);
  return runPlaybook(allow("service.deploy", target), "service.deploy", target, { playbook, ...options });
}

function first(outcome: Outcome<unknown>): Diagnostic {
  if (outcome.ok || !outcome.diagnostics[0]) throw new Error("it succeeded");
  return outcome.diagnostics[0];
}

const header = "- name: Try it\n  hosts: localhost\n  gather_facts: false\n";

describe("a playbook that runs", () => {
  test("reports hosts, changes and what it hands back, and streams its tasks", async () => {
    const events: Event[] = [];
    const report = ok(
      await play(
        `${header}  tasks:
    - name: Change something
      ansible.builtin.copy: { dest: "{{ where }}/made", content: "{{ text }}", mode: "0600" }
    - name: Hand it back
      ansible.builtin.set_stats: { data: { answer: 42 } }
`,
        {
          extraVars: { where: scratch.path, text: 'it\'s "quoted" $HOME\n' },
          task: "t",
          emit: (event) => events.push(event),
        },
      ),
    );
    expect(report).toMatchObject({ changed: true, data: { answer: 42 } });
    expect(report.hosts.localhost).toMatchObject({ ok: 2, changed: 1, failures: 0 });
    expect(readFileSync(join(scratch.path, "made"), "utf8")).toBe('it\'s "quoted" $HOME\n');
    expect(events).toContainEqual({ type: "task.progress", task: "t", text: "Change something" });
    expect(events).toContainEqual({ type: "output", task: "t", line: "changed: [localhost] Change something" });
  });

  test("modules run on the Python that runs Ansible; tags and limit are heeded", async () => {
    const report = ok(
      await play(
        `${header}  tasks:
    - name: Tell
      ansible.builtin.set_stats: { data: { same: "{{ ansible_python_interpreter == ansible_playbook_python }}" } }
      tags: [wanted]
    - name: Not this one
      ansible.builtin.fail: { msg: "not asked for" }
`,
        { tags: ["wanted"], limit: "localhost" },
      ),
    );
    expect(report.data.same).toBe(true);
  });

  test("leaves nothing of its variables and plugins behind", async () => {
    const before = process.env.TMPDIR;
    const own = join(scratch.path, "tmp");
    mkdirSync(own);
    process.env.TMPDIR = own;
    try {
      ok(await play(`${header}  tasks: []\n`, { extraVars: { a: 1 } }));
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    expect(readdirSync(own)).toEqual([]);
  });
});

describe("a playbook that fails", () => {
  test("tells play, task, file, line, host and the module's message", async () => {
    const failed = await play(`${header}  tasks:
    - name: Give up
      ansible.builtin.fail: { msg: "the disk is blue" }
`);
    expect(first(failed)).toMatchObject({
      code: "ansible.task_failed",
      message: "Try it › Give up failed on localhost: the disk is blue",
      where: { line: 5 },
    });
    expect(first(failed).where?.file).toMatch(/play\.yml$/);
  });

  test("tells a command's last words instead of its return code", async () => {
    const failed = await play(`${header}  tasks:
    - name: Run it
      ansible.builtin.command: { cmd: "sh -c 'echo no such service >&2; exit 3'" }
`);
    expect(first(failed).message).toContain("no such service");
  });

  test("what was rescued or ignored is no failure", async () => {
    ok(
      await play(`${header}  tasks:
    - name: Ignored
      ansible.builtin.command: "false"
      ignore_errors: true
    - name: Rescued
      block:
        - name: Fail inside
          ansible.builtin.command: "false"
      rescue:
        - name: Mend
          ansible.builtin.debug: { msg: mended }
`),
    );
  });

  test("an unreachable host is told as such", async () => {
    const failed = await play(
      `- name: Far\n  hosts: all\n  gather_facts: false\n  tasks:\n    - name: Ping\n      ansible.builtin.ping:\n`,
      {
        inventory: "192.0.2.1,",
        env: { ANSIBLE_TIMEOUT: "1", ANSIBLE_SSH_ARGS: "-o ConnectTimeout=1 -o BatchMode=yes" },
      },
    );
    expect(codes(failed)).toEqual(["ansible.unreachable"]);
    expect(first(failed).message).toContain("192.0.2.1");
  });

  test("no matching host is a failure, not a quiet success", async () => {
    const failed = await play("- name: Nobody\n  hosts: webservers\n  tasks: []\n", { inventory: "localhost," });
    expect(codes(failed)).toEqual(["ansible.no_hosts"]);
  });

  test("a syntax error has its line", async () => {
    const failed = await play(`${header}  tasks:\n    - name: Odd\n      ansible.builtin.debug: { msg: "x"\n`);
    expect(codes(failed)).toEqual(["ansible.playbook_invalid"]);
    expect(first(failed).where?.line).toBeGreaterThan(3);
  });

  test("a missing collection is told with the command that installs it", async () => {
    const failed = await play(`${header}  tasks:\n    - name: Odd\n      acme.cloud.thing:\n`);
    expect(first(failed)).toMatchObject({
      code: "ansible.missing_collection",
      next: "ansible-galaxy collection install acme.cloud",
      where: { line: 5 },
    });
  });

  test("a missing playbook and a missing role", async () => {
    const missing = join(scratch.path, "no.yml");
    const run = runPlaybook(allow("service.deploy", target), "service.deploy", target, { playbook: missing });
    expect(codes(await run)).toEqual(["ansible.no_playbook"]);
    expect(codes(await play(`${header}  roles: [nowhere]\n`))).toEqual(["ansible.missing_role"]);
  });

  test("time is up: the whole tree is ended and the task is named", async () => {
    const mark = `73${Math.floor(Math.random() * 1e6)}`;
    const failed = await play(
      `${header}  tasks:\n    - name: Sleep long\n      ansible.builtin.command: sleep ${mark}\n`,
      {
        timeoutMs: 6_000,
      },
    );
    expect(codes(failed)).toEqual(["ansible.timeout"]);
    const listed = await runProcess("ps", ["-eo", "args"], { cwd: "/" });
    expect(listed.stdout.split("\n").filter((line) => line.startsWith(`sleep ${mark}`))).toEqual([]);
  });
});

describe("secrets", () => {
  const secrets = { DEPLOY_TOKEN: "t0p-s3cret-token" };

  test("reach the playbook by the environment and show up nowhere, even when a task prints them", async () => {
    const logFile = join(scratch.path, "secret.log");
    const lines: string[] = [];
    const failed = await play(
      `${header}  tasks:
    - name: Print it
      ansible.builtin.debug: { msg: "{{ lookup('ansible.builtin.env', 'DEPLOY_TOKEN') }}" }
    - name: Fail with it
      ansible.builtin.fail: { msg: "bad token {{ lookup('ansible.builtin.env', 'DEPLOY_TOKEN') }}" }
`,
      { secrets, logFile, task: "t", emit: (event) => event.type === "output" && lines.push(event.line) },
    );
    expect(first(failed).message).toContain("bad token [redacted]");
    expect(JSON.stringify(failed) + textOf(logFile) + lines.join("\n")).not.toContain("t0p-s3cret");
  });

  test("no_log hides a failed task's words", async () => {
    const failed = await play(`${header}  tasks:
    - name: Quiet
      ansible.builtin.command: { cmd: "sh -c 'echo private words; exit 1'" }
      no_log: true
`);
    expect(codes(failed)).toEqual(["ansible.task_failed"]);
    expect(JSON.stringify(failed)).not.toContain("private words");
  });
});

test("the playbook library passes ansible-lint's production profile", async () => {
  const ansible = ok(await ensureAnsible());
  const venv = ok(await ensureVenv("ansible-lint", ["ansible-lint==26.10.1", `ansible-core==${ansible.version}`]));
  const result = await runProcess(venv.bin("ansible-lint"), ["--offline", "--profile", "production", "--strict", "."], {
    cwd: "playbooks",
    env: {
      PATH: `${venv.directory}/bin:${process.env.PATH}`,
      ANSIBLE_HOME: join(scratch.path, "home"),
      LC_ALL: "C.UTF-8",
      NO_COLOR: "1",
    },
    timeoutMs: 240_000,
  });
  expect(result.stdout + result.stderr).toContain("0 failure(s), 0 warning(s)");
  expect(result.exitCode).toBe(0);
  expect(existsSync("playbooks/.ansible")).toBe(false);
});
