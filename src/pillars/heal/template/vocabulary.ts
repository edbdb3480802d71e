import { builtinModules } from "node:module";

/**
 * Words that belong to a language or its standard library and so identify no product: they may stand in a learned
 * template as they are. All other words of a changed line become holes. Each language has its own: `list` is Python's,
 * and a product's in JavaScript.
 */
const JAVASCRIPT_KEYWORDS = `
abstract assert async await boolean break case catch class const continue debugger default delete do else enum export
extends false finally for function if implements import in instanceof interface keyof let new null private protected
public readonly return satisfies static super switch this throw true try typeof undefined var void while with yield
`;

const PYTHON_KEYWORDS = `
False None True and as assert async await break class continue def del elif else except finally for from global if import
in is lambda nonlocal not or pass raise return self try while with yield
`;

const OTHER_KEYWORDS = `
abstract as async await bool boolean break byte case catch char class const continue crate default defer delete do double
dyn else enum extends extern false final finally float fn for func function go goto if impl implements import in instanceof
int interface let long loop match mod module move mut native new nil null of override package pass private protected pub
public ref return self short signed sizeof static struct super switch synchronized template this throw throws trait
transient true try type typedef typename union unsafe unsigned use using var virtual void volatile where while
`;

const JAVASCRIPT = `
Array ArrayBuffer Boolean BigInt Buffer DataView Date Error EvalError Infinity Intl JSON Map Math NaN Number Object
Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URL URLSearchParams WeakMap
WeakSet console document exports globalThis process window isArray keys values entries assign freeze fromEntries hasOwn
parse stringify resolve reject all allSettled dirname filename url createRequire fileURLToPath unknown any never string
number object symbol Record Partial Readonly js mjs cjs ts mts cts tsx jsx json node
as from get is module namespace of override package require set type unique using
`;

const PYTHON = `
__future__ abc argparse array ast asyncio atexit base64 bisect builtins bz2 calendar cmath codecs collections colorsys
concurrent configparser contextlib contextvars copy csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest
email enum errno faulthandler filecmp fileinput fnmatch fractions ftplib functools gc getopt getpass gettext glob graphlib
grp gzip hashlib heapq hmac html http imaplib importlib inspect io ipaddress itertools json keyword linecache locale
logging lzma mailbox math mimetypes mmap multiprocessing netrc numbers operator os pathlib pdb pickle pkgutil platform
plistlib poplib posixpath pprint profile pstats pwd py_compile queue quopri random re readline reprlib resource
rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 ssl
stat statistics string stringprep struct subprocess symtable sys sysconfig syslog tarfile tempfile termios textwrap
threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle types typing unicodedata
unittest urllib uuid venv warnings wave weakref webbrowser winreg wsgiref xml xmlrpc zipapp zipfile zipimport zlib
zoneinfo abs bool bytes bytearray callable chr dict dir divmod enumerate eval exec filter format frozenset getattr
hasattr hash hex id input isinstance issubclass iter len list map max min next object oct open ord pow property repr
reversed round set setattr slice sorted staticmethod classmethod str sum tuple vars zip Exception ValueError KeyError
TypeError IndexError Optional Union Any Callable Iterable Iterator Mapping Sequence List Dict Tuple Set py
`;

/** Methods of Python's own classes, of files, paths, patterns and dates: `dir()` of each. */
const PYTHON_METHODS = `
absolute add anchor append as_integer_ratio as_posix as_uri astimezone bit_count bit_length capitalize casefold center
chmod clear close closed combine conjugate copy count ctime cwd date day days decode denominator detach difference
difference_update discard drive dst encode encoding end endpos endswith errors exists expand expandtabs expanduser
extend fileno find findall finditer flags flush fold format format_map from_bytes fromhex fromisocalendar
fromisoformat fromkeys fromordinal fromtimestamp fullmatch get gi_code gi_frame gi_running gi_suspended gi_yieldfrom
glob group groupdict groupindex groups hardlink_to hex home hour imag index insert intersection intersection_update
is_absolute is_block_device is_char_device is_dir is_fifo is_file is_integer is_mount is_relative_to is_reserved
is_socket is_symlink isalnum isalpha isascii isatty isdecimal isdigit isdisjoint isidentifier islower isnumeric
isocalendar isoformat isoweekday isprintable isspace issubset issuperset istitle isupper items iterdir join joinpath
keys lastgroup lastindex lchmod link_to ljust lower lstat lstrip maketrans match max microsecond microseconds min
minute mkdir month name newlines now numerator open owner parent parents partition parts pattern pop popitem pos re
read read_bytes read_text readable readline readlines readlink real regs relative_to remove removeprefix removesuffix
rename replace resolution resolve reverse rfind rglob rindex rjust rmdir root rpartition rsplit rstrip samefile
scanner search second seconds seek seekable send setdefault sort span split splitlines start startswith stat stem
strftime string strip strptime sub subn suffix suffixes swapcase symlink_to symmetric_difference
symmetric_difference_update tell throw time timestamp timetuple timetz title to_bytes today toordinal total_seconds
touch translate truncate tzinfo tzname union unlink update upper utcfromtimestamp utcnow utcoffset utctimetuple values
weekday with_name with_stem with_suffix writable write write_bytes write_text writelines year zfill
`;

const OTHERS = `
std core alloc collections HashMap HashSet BTreeMap VecDeque Vec Option Some Result Ok Err Box Rc Arc RefCell Cell Mutex
println eprintln format vec clone iter into unwrap expect usize isize u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 str String
derive Debug Clone Copy Default PartialEq Eq Hash test cfg fmt errors strings strconv bytes context sync sort math os io
bufio testing Println Printf Sprintf Errorf java util lang List ArrayList HashMap Map Set HashSet Optional Objects
Collections Arrays stdio stdlib string stdint stdbool math ctype assert errno limits h hpp cpp
`;

interface Vocabulary {
  /** Words that nothing can be named by. */
  readonly keywords: ReadonlySet<string>;
  /** Names of the library, which a file may give to something of its own. */
  readonly library: ReadonlySet<string>;
  /** Methods of the language's own classes: the library's where they are called, else anybody's. */
  readonly methods: ReadonlySet<string>;
}

function vocabulary(
  keywords: string,
  library: string,
  more: readonly string[] = [],
  methods: readonly string[] = [],
): Vocabulary {
  return {
    keywords: new Set(split(keywords)),
    library: new Set([...split(library), ...more]),
    methods: new Set(methods),
  };
}

function split(list: string): string[] {
  return list.trim().split(/\s+/);
}

/** What the classes of the running JavaScript can do. */
function javascriptMethods(): string[] {
  const classes = [
    Object,
    Function,
    String,
    Number,
    BigInt,
    Boolean,
    Array,
    Map,
    Set,
    Date,
    RegExp,
    Promise,
    Error,
    URL,
  ];
  return classes.flatMap((one) => Object.getOwnPropertyNames(one.prototype)).filter((name) => /^[a-z]\w*$/i.test(name));
}

const OF_JAVASCRIPT = vocabulary(JAVASCRIPT_KEYWORDS, JAVASCRIPT, builtinModules, javascriptMethods());
const OF_PYTHON = vocabulary(
  PYTHON_KEYWORDS,
  PYTHON,
  ["case", "match", "print", "range", "type", "cls"],
  split(PYTHON_METHODS),
);
const OF_OTHERS = vocabulary(OTHER_KEYWORDS, OTHERS, ["print", "range", "chan", "map", "select", "when"]);

function vocabularyOf(extension: string): Vocabulary {
  if (/^\.(?:[cm]?[jt]sx?|json)$/.test(extension)) return OF_JAVASCRIPT;
  return /^\.pyi?$/.test(extension) ? OF_PYTHON : OF_OTHERS;
}

/** @param extension of the file that the word stands in, with the dot: its language decides */
export function isPublicWord(word: string, extension: string): boolean {
  const { keywords, library } = vocabularyOf(extension);
  return keywords.has(word) || library.has(word);
}

/** A method of the language's own classes. Only where it is called (`.strip()`): else it may be a product's field. */
export function isPublicMethod(word: string, extension: string): boolean {
  return vocabularyOf(extension).methods.has(word);
}

const DECLARATIONS = [
  /\b(?:const|let|var|function\*?|class|def|fn|func|import|as)\s+([\p{L}_$][\p{L}\p{N}_$]*)/gu,
  /^[ \t]*([\p{L}_$][\p{L}\p{N}_$]*)[ \t]*(?::=|=(?![=>]))/gmu,
  /\bfor\s+(?:await\s*)?\(?\s*(?:(?:const|let|var)\s+)?([^()=;]+?)\s+(?:in|of)\b/gu,
  /\b(?:function\*?|def|fn|func)\b[^()\n]*\(([^()]*)\)/gu,
  /\(([^()]*)\)\s*(?:=>|\{)/gu,
  /([\p{L}_$][\p{L}\p{N}_$]*)\s*=>/gu,
];
const NAME = /(?<![\p{L}\p{N}_$.=:]\s*)[\p{L}_$][\p{L}\p{N}_$]*/gu;

/** Names of the library that a file gives to something of its own: a parameter `list`, a variable `values`. */
export function ownNames(text: string, extension: string): ReadonlySet<string> {
  const { keywords } = vocabularyOf(extension);
  const names = new Set<string>();
  for (const pattern of DECLARATIONS) {
    for (const [, declared = ""] of text.matchAll(pattern)) {
      for (const [name] of declared.matchAll(NAME)) if (!keywords.has(name)) names.add(name);
    }
  }
  return names;
}

/** Module names of Python's standard library, as far as fixers may import them unasked. */
export const PYTHON_MODULES: ReadonlySet<string> = new Set(
  PYTHON.slice(0, PYTHON.indexOf("abs bool")).trim().split(/\s+/),
);
