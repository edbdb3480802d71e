import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";

/** Bytes of a value; more is a file sent by mistake. */
const LONGEST = 256 * 1024;

/**
 * One value from standard input: at a terminal a line that is not shown as it is typed, else all that is piped in, in
 * both cases without its last line end. Never an argument, which every user of the machine could see.
 *
 * @param ask called before a person has to type
 */
export async function readHidden(ask: () => void): Promise<Outcome<string>> {
  const input = process.stdin;
  if (input.isTTY) {
    // First of all, so that the terminal does not show what comes the moment it asks (a paste, a program that types).
    input.setRawMode(true);
    ask();
    return await typed(input);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > LONGEST) return fail(tooLong());
  }
  return given(
    Buffer.concat(chunks)
      .toString("utf8")
      .replace(/\r?\n$/, ""),
  );
}

const ENTER = new Set(["\r", "\n", "\u0004"]);
const RUBOUT = new Set(["\u007f", "\b"]);
const INTERRUPT = "\u0003";

/** Reads keys until Enter, of a terminal in raw mode: it shows none of them, and Ctrl-C comes as a key. */
function typed(input: NodeJS.ReadStream): Promise<Outcome<string>> {
  return new Promise((resolve) => {
    let value = "";
    const end = (outcome: Outcome<string>) => {
      input.off("data", listen).setRawMode(false).pause();
      resolve(outcome);
    };
    const listen = (keys: string) => {
      for (const key of keys) {
        if (ENTER.has(key)) return end(given(value));
        if (key === INTERRUPT)
          return end(fail(problem("config", "secrets.no_value", "nothing was typed; nothing was changed")));
        value = RUBOUT.has(key) ? value.slice(0, -1) : value + key;
      }
      if (value.length > LONGEST) end(fail(tooLong()));
    };
    input.setEncoding("utf8").on("data", listen).resume();
  });
}

function given(value: string): Outcome<string> {
  if (value.trim() !== "") return succeed(value);
  return fail(
    problem("config", "secrets.no_value", "the value is empty", {
      next: "pipe it in, as in `pass show npm | codemonkeys secrets set npm_token`, or type it when asked",
    }),
  );
}

function tooLong() {
  return problem("config", "secrets.too_long", `the value is longer than ${LONGEST / 1024} KiB: that is no secret`);
}
