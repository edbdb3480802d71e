import { once } from "node:events";
import { createWriteStream } from "node:fs";

/**
 * Writes a build log of about `size` bytes as a busy CI would: time stamps, colours, downloads, progress bars, compiler
 * notes, stack traces of tests that pass, and here and there a real failure. The same size gives the same bytes.
 */
export async function writeLargeLog(path: string, size: number): Promise<number> {
  const out = createWriteStream(path);
  const random = generator(20_26);
  let written = 0;
  while (written < size) {
    let block = "";
    for (let count = 0; count < 2000; count++) block += line(random);
    written += Buffer.byteLength(block);
    if (!out.write(block)) await once(out, "drain");
  }
  const end = "make: *** [Makefile:39: test] Error 1\n##[error]Process completed with exit code 2.\n";
  out.end(end);
  await once(out, "close");
  return written + end.length;
}

type Random = (below: number) => number;

/** A linear congruential generator: the log must not differ from run to run. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const WORDS =
  "cache layer module registry payment refund worker socket handler config schema queue index table client server build image vendor proto".split(
    " ",
  );

function line(random: Random): string {
  const word = () => WORDS[random(WORDS.length)]!;
  const stamp = `2026-02-${String(1 + random(27)).padStart(2, "0")}T10:${String(random(60)).padStart(2, "0")}:${String(random(60)).padStart(2, "0")}.${random(1e7)}Z `;
  const kind = random(1000);
  if (kind < 250)
    return `${stamp}[INFO] Downloaded from central: repo/${word()}/${word()}/${random(9)}.${random(40)}/${word()}-${random(99)}.jar (${random(900)} kB at ${random(9)}.${random(9)} MB/s)\n`;
  if (kind < 450)
    return `${stamp}\u001b[32mok\u001b[0m  \tacme.example/${word()}/${word()}\t${random(30)}.${random(999)}s\n`;
  if (kind < 600) return `${stamp}   Compiling ${word()}-${word()} v${random(9)}.${random(30)}.${random(9)}\n`;
  if (kind < 700)
    return `${stamp}${random(100)}% |${"=".repeat(random(50))} ]\r${random(100)}% |${"=".repeat(random(50))} ]\n`;
  if (kind < 800)
    return `${stamp}[main] DEBUG org.acme.${word()}.${word()} - handled ${word()} ${random(1e9).toString(16)} in ${random(500)} ms, ${random(20)} ${word()}s left\n`;
  if (kind < 880)
    return `${stamp}src/${word()}/${word()}.c:${random(900)}:${random(80)}: warning: unused variable '${word()}' [-Wunused-variable]\n`;
  if (kind < 930) return `${stamp}  ✓ ${word()} handles a failed ${word()} without error (${random(90)} ms)\n`;
  if (kind < 960) return `${stamp}\tat org.acme.${word()}.${word()}(${word()}.java:${random(900)})\n`;
  if (kind < 985)
    return `${stamp}[WARN] ${word()} retry ${random(5)}: connection timed out, error code ${random(99)}\n`;
  if (kind < 990)
    return `${stamp}--- FAIL: Test${word()}${random(400)} (0.0${random(9)}s)\n${stamp}    ${word()}_test.go:${random(500)}: got ${random(9)}, want ${random(9)}\n`;
  if (kind < 995)
    return `${stamp}src/${word()}.ts(${random(900)},${random(80)}): error TS2304: Cannot find name '${word()}${random(50)}'.\n`;
  return `${stamp}Error: ${word()} could not open ${word()} ${random(1000)}\n`;
}
