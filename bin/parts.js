// Loads the program's parts (dist/) with the code that V8 made of them in an earlier run.
//
// Node's own compile cache keeps a file's code as it is before the file has run, without the functions that V8 compiles when
// they are first called, which is most of what a command runs. Here the code is kept at the end of a run, functions
// included: that is worth a third of a command's start.
//
// What is kept is code that will be run. So it lies in a folder of the user's own, is taken only where nobody else can write
// it, and only by the very build and the very Node that made it. V8 refuses code of other versions and flags, but runs
// damaged code into a crash: so each file holds all of it twice, and counts only where both are the same. (Comparing bytes is
// free; Node's modules with a checksum in them take longer to load than all of the code.) Nothing else is remembered.
const {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require("node:fs");
const { dirname, join } = require("node:path");
const vm = require("node:vm");

/** A run that ended with this knew no such command: its words are no name of anything. */
const USAGE = 64;
/** A build whose code nobody took for so long is gone, or came back as another one. */
const MOST_AGE_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Runs `main.cjs` of a folder of parts.
 *
 * @param parts the folder that `npm run build` made
 * @param kept the folder below which compiled code is kept
 * @param words the command line: each command has a file of its own, so that it reads no other one's code
 */
exports.runParts = (parts, kept, words) => {
  const build = readFileSync(join(parts, "build-id"), "utf8").trim();
  const command = /^[a-z][a-z-]{0,30}$/.test(words[0] ?? "") ? words[0] : "other";
  const file = join(kept, `${process.version}-${process.arch}-${build}`, command);
  const known = read(file);
  const scripts = new Map();
  const modules = new Map();
  let complete = known.size > 0;

  const load = (name) => {
    const before = modules.get(name);
    if (before) return before.exports;
    const path = join(parts, name);
    const script = new vm.Script(`${BEGIN}${readFileSync(path, "utf8")}\n})`, {
      filename: path,
      columnOffset: -BEGIN.length,
      cachedData: known.get(name),
    });
    if (script.cachedDataRejected !== false) complete = false;
    scripts.set(name, script);
    const module = { exports: {} };
    modules.set(name, module);
    script.runInThisContext().call(module.exports, module.exports, ofParts, module, path, parts);
    return module.exports;
  };
  const ofParts = (name) => (name.startsWith("./") ? load(name.slice(2)) : require(name));

  process.once("exit", (code) => {
    if (!complete && code !== USAGE) keep(file, known, scripts);
  });
  load("main.cjs");
};

const BEGIN = "(function(exports,require,module,__filename,__dirname){";

/**
 * The kept code by the name of its part; none where there is no whole file, or where somebody else could have written it.
 * Either half of a file is a number (the bytes of the index), the index ({ part: [begin, length] }) and the code, each piece
 * of it at a multiple of eight from the first.
 */
function read(file) {
  const code = new Map();
  let bytes;
  try {
    if (!isOwn(dirname(file)) || !isOwn(file)) return code;
    bytes = readFileSync(file);
  } catch (error) {
    // None yet, or none that can be read: it is compiled anew. What is no trouble with a file is a fault of ours.
    if (error.syscall === undefined) throw error;
    return code;
  }
  const half = bytes.length / 2;
  if (half < HEAD || !bytes.subarray(0, half).equals(bytes.subarray(half))) return code;
  const end = HEAD + bytes.readUInt32LE(0);
  const first = aligned(end);
  for (const [name, [begin, length]] of Object.entries(JSON.parse(bytes.toString("latin1", HEAD, end)))) {
    code.set(name, bytes.subarray(first + begin, first + begin + length));
  }
  return code;
}

function isOwn(path) {
  const { uid, mode } = statSync(path);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

/** Keeps the code of what was loaded, and what was known of the rest. */
function keep(file, known, scripts) {
  const pieces = new Map(known);
  for (const [name, script] of scripts) pieces.set(name, script.createCachedData());
  const index = {};
  let length = 0;
  for (const [name, piece] of pieces) {
    index[name] = [length, piece.length];
    length = aligned(length + piece.length);
  }
  const words = Buffer.from(JSON.stringify(index), "latin1");
  const first = aligned(HEAD + words.length);
  const bytes = Buffer.alloc(first + length);
  bytes.writeUInt32LE(words.length, 0);
  words.copy(bytes, HEAD);
  for (const [name, piece] of pieces) piece.copy(bytes, first + index[name][0]);
  const folder = dirname(file);
  const temporary = `${file}.${process.pid}`;
  try {
    if (makeFolder(folder)) forgetOldBuilds(dirname(folder));
    writeFileSync(temporary, Buffer.concat([bytes, bytes]), { mode: 0o600, flush: true });
    renameSync(temporary, file);
  } catch (error) {
    // A disk that is full or read-only: the next run compiles anew.
    if (error.syscall === undefined) throw error;
    if (existsSync(temporary)) rmSync(temporary);
  }
}

const HEAD = 8;
const aligned = (length) => Math.ceil(length / 8) * 8;

/**
 * Makes a folder and those above it, for this user alone; true where it was not there. Not Node's recursive `mkdir`, which
 * tries for ever where the kernel lets nobody make folders.
 */
function makeFolder(path) {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    if (error.code !== "ENOENT" || dirname(path) === path) throw error;
  }
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
  return true;
}

function forgetOldBuilds(kept) {
  for (const name of readdirSync(kept)) {
    const path = join(kept, name);
    if (Date.now() - statSync(path).mtimeMs > MOST_AGE_MS) rmSync(path, { recursive: true, force: true });
  }
}
