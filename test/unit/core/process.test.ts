import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childEnvironment } from "../../../src/core/process/child.ts";
import { startServer } from "../../../src/core/process/server.ts";
import { runProcess } from "../../../src/core/process.ts";
import { createRedactor } from "../../../src/core/redact.ts";

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "codemonkeys-process-"));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const node = (script: string) => ["-e", script] as const;
const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

describe("runProcess", () => {
  test("tells output, exit code and how it ended", async () => {
    const result = await runProcess(
      process.execPath,
      node("console.log('out'); console.error('err'); process.exit(3)"),
      { cwd },
    );
    expect(result).toMatchObject({ exitCode: 3, ended: "exited", stdout: "out\n", stderr: "err\n", truncated: false });
  });

  test("a command that is not there is a value, not an exception", async () => {
    const result = await runProcess("no-such-command-here", [], { cwd });
    expect(result).toMatchObject({ ended: "not_started", startError: "ENOENT", exitCode: undefined });
  });

  test("hands down only the allow-listed environment", async () => {
    process.env.CODEMONKEYS_TEST_TOKEN = "do-not-leak";
    try {
      expect(childEnvironment()).not.toHaveProperty("CODEMONKEYS_TEST_TOKEN");
      const result = await runProcess(process.execPath, node("console.log(Object.keys(process.env).join())"), {
        cwd,
        env: { MINE: "1" },
      });
      expect(result.stdout).toContain("MINE");
      expect(result.stdout).not.toContain("CODEMONKEYS_TEST_TOKEN");
    } finally {
      delete process.env.CODEMONKEYS_TEST_TOKEN;
    }
  });

  test("a time limit ends the whole tree", async () => {
    const script = `const c = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e3)"]); console.log(c.pid); setInterval(() => {}, 1e3)`;
    const result = await runProcess(process.execPath, node(script), { cwd, timeoutMs: 1_500 });
    expect(result.ended).toBe("timeout");
    const grandchild = Number(result.stdout.trim());
    expect(grandchild).toBeGreaterThan(0);
    await expect.poll(() => alive(grandchild), { timeout: 3_000 }).toBe(false);
  });

  test("what a command leaves running ends with it", async () => {
    const script = `const c = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e3)"], { stdio: "ignore" }); console.log(c.pid); c.unref(); process.exit(0)`;
    const result = await runProcess(process.execPath, node(script), { cwd });
    expect(result.exitCode).toBe(0);
    await expect.poll(() => alive(Number(result.stdout.trim())), { timeout: 3_000 }).toBe(false);
  });

  test("an aborted signal cancels", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    const result = await runProcess(process.execPath, node("setInterval(() => {}, 1e3)"), {
      cwd,
      signal: abort.signal,
    });
    expect(result.ended).toBe("cancelled");
  });

  test("memory keeps the end, the file keeps all, and both are redacted", async () => {
    const logFile = join(cwd, "all.log");
    const redactor = createRedactor(["s3cret-token"]);
    const lines: string[] = [];
    const script = "for (let i = 0; i < 20000; i++) console.log('line ' + i + ' s3cret-token')";
    const result = await runProcess(process.execPath, node(script), {
      cwd,
      logFile,
      keepBytes: 10_000,
      redactor,
      onLine: (line) => lines.push(line),
    });
    expect(result.truncated).toBe(true);
    expect(Buffer.byteLength(result.stdout)).toBeLessThanOrEqual(12_000);
    expect(result.stdout).toContain("line 19999 [redacted]");
    const log = readFileSync(logFile, "utf8");
    expect(log.split("\n")).toHaveLength(20_001);
    expect(lines).toHaveLength(20_000);
    expect(log + result.stdout + lines.join()).not.toContain("s3cret-token");
  });

  test("what a command leaves in the background with its output open is ended, not waited for", async () => {
    const startedAt = performance.now();
    let told = 0;
    const result = await runProcess("sh", ["-c", "sleep 60 & echo done"], {
      cwd: "/",
      onLeftovers() {
        told += 1;
      },
    });
    expect(result).toMatchObject({ ended: "exited", exitCode: 0, stdout: "done\n" });
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(told).toBe(1);
  });

  test("hides a secret of several lines that comes in single bytes, in the log, in memory and line by line", async () => {
    const secret = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq'hk\"G9w0\n-----END KEY-----";
    const script = `const bytes = Buffer.from(${JSON.stringify(`got ${secret} and\n${Buffer.from(secret).toString("base64")}\nend\n`)});
      (async () => { for (const byte of bytes) await new Promise((go) => process.stdout.write(Buffer.of(byte), go)); })()`;
    const logFile = join(cwd, "bytes.log");
    const lines: string[] = [];
    const redactor = createRedactor([secret]);
    const { stdout } = await runProcess(process.execPath, node(script), {
      cwd,
      logFile,
      redactor,
      onLine: (line) => lines.push(line),
    });
    for (const text of [stdout, readFileSync(logFile, "utf8"), lines.join("\n")]) {
      expect(text).toMatch(/^got \[redacted\][\s\S]*end\n?$/);
      for (const part of ["BEGIN KEY", "MIIEvQ", "G9w0", "END KEY", "LS0tLS1CRUdJTiBL"])
        expect(text).not.toContain(part);
    }
  });

  test("hides a secret that the command wraps, in the log, in memory and line by line; all lines come", async () => {
    const secret = "ghp_0123456789abcdefghijkl";
    const encoded = Buffer.from(`header: ${secret} and more behind it, so that it is wrapped`).toString("base64");
    const text = `begin\n${secret.slice(0, 11)}\n  ${secret.slice(11)}\n${encoded.slice(0, 20)}\n${encoded.slice(20)}\nghp_0\nend`;
    const logFile = join(cwd, "wrapped.log");
    const lines: string[] = [];
    const { stdout } = await runProcess(process.execPath, node(`process.stdout.write(${JSON.stringify(text)})`), {
      cwd,
      logFile,
      redactor: createRedactor([secret]),
      onLine: (line) => lines.push(line),
    });
    expect(lines).toHaveLength(7);
    expect([lines[0], lines[5], lines[6]]).toEqual(["begin", "ghp_0", "end"]);
    for (const shown of [stdout, readFileSync(logFile, "utf8"), lines.join("\n")]) {
      expect(shown.split("\n").slice(0, 3)).toEqual(["begin", "[redacted]", "  [redacted]"]);
      for (const part of [secret.slice(0, 11), secret.slice(11), encoded.slice(12, 20), encoded.slice(21, 40)])
        expect(shown).not.toContain(part);
    }
  });

  test.each([60, 64, 76])(
    "hides a key whose base64 is wrapped at %i amid other text, also where parts of it are forms themselves",
    async (width) => {
      const secret = `-----BEGIN KEY-----\n${"q8Zr/T+w0pLm5Nc7".repeat(5)}\n${"Xb3/y+Kd9vRf1Hs6".repeat(5)}\n-----END KEY-----`;
      const texts = ["", "x", "xy"].map((before) =>
        (
          Buffer.from(`${before}a longer text: ${secret} and more`)
            .toString("base64")
            .match(new RegExp(`.{1,${width}}`, "g")) ?? []
        ).join("\n"),
      );
      const logFile = join(cwd, `wrapped-${width}.log`);
      const text = `${texts.join("\nbetween\n")}\nend\n`;
      await runProcess("cat", [], { cwd, input: text, logFile, redactor: createRedactor([secret]) });
      const shown = readFileSync(logFile, "utf8");
      expect(shown.split("\n")).toHaveLength(text.split("\n").length);
      const all = shown.replaceAll("\n", "");
      for (const before of ["", "x", "xy"]) {
        const encoded = Buffer.from(`${before}a longer text: ${secret} and more`).toString("base64");
        // Four characters on either side depend on what surrounds the secret.
        const from = Math.ceil(((before.length + 15) * 4) / 3);
        const own = encoded.slice(from, from + Math.floor((secret.length * 4) / 3) - 4);
        for (let at = 0; at + 8 <= own.length; at += 1) expect(all).not.toContain(own.slice(at, at + 8));
      }
    },
  );

  test("rejects when the output cannot be kept, and ends the command", async () => {
    const pids: number[] = [];
    const work = runProcess(process.execPath, node("console.log(process.pid); setInterval(() => {}, 1e3)"), {
      cwd,
      onLine(line) {
        pids.push(Number(line));
        throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      },
    });
    await expect(work).rejects.toMatchObject({ code: "ENOSPC" });
    expect(pids.map(alive)).toEqual([false]);
  });

  test.runIf(process.platform === "linux")("rejects when its log is on a full disk", async () => {
    const work = runProcess(process.execPath, node("for (;;) console.log('x'.repeat(1000))"), {
      cwd,
      logFile: "/dev/full",
    });
    await expect(work).rejects.toMatchObject({ code: "ENOSPC" });
  });

  test("input reaches the command", async () => {
    const result = await runProcess("cat", [], { cwd, input: "hello" });
    expect(result.stdout).toBe("hello");
  });
});

test("a server is started, logged and stopped", async () => {
  const server = await startServer(process.execPath, node("console.log('up'); setInterval(() => {}, 1e3)"), {
    cwd,
    logFile: join(cwd, "server.log"),
  });
  await expect.poll(() => readFileSync(join(cwd, "server.log"), "utf8"), { timeout: 5_000 }).toContain("up");
  expect(alive(server.pid)).toBe(true);
  await server.stop();
  expect(alive(server.pid)).toBe(false);
});
