import picocolors from "picocolors";

const { env, argv, stdout, stderr } = process;

/**
 * Colours for a terminal, and where FORCE_COLOR asks for them. picocolors by itself also colours wherever `CI` is set,
 * but a log file and Jenkins' console show that as noise.
 */
const wanted =
  !env.NO_COLOR &&
  !argv.includes("--plain") &&
  env.FORCE_COLOR !== "0" &&
  (env.FORCE_COLOR !== undefined || (stdout.isTTY === true && stderr.isTTY === true && env.TERM !== "dumb"));

export const pc = picocolors.createColors(wanted);
