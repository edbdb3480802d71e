import { builtinModules } from "node:module";

/**
 * Words that belong to a language or its standard library and so identify no product: they may stand in a learned
 * template as they are. All other words of a changed line become holes.
 */
const KEYWORDS = `
abstract and as assert async await boolean break byte case catch char class const continue crate debugger def default
defer del delete do double elif else enum except export extends extern false final finally float fn for from func
function global go goto if impl implements import in include instanceof int interface is lambda let long loop match mod
module move mut native new nil nonlocal none not null of or override package pass print private protected pub public
raise range readonly ref require return satisfies select self short sizeof static struct super switch synchronized
template this throw throws trait transient true try type typedef typeof typename undefined union unsafe unsigned use using
var virtual void volatile when where while with yield None True False
`;

const JAVASCRIPT = `
Array ArrayBuffer Boolean BigInt Buffer DataView Date Error EvalError Infinity Intl JSON Map Math NaN Number Object
Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URL URLSearchParams WeakMap
WeakSet console document exports globalThis process window isArray keys values entries assign freeze fromEntries hasOwn
parse stringify resolve reject all allSettled dirname filename url createRequire fileURLToPath unknown any never string
number object symbol Record Partial Readonly js mjs cjs ts mts cts tsx jsx json node
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

const OTHERS = `
std core alloc collections HashMap HashSet BTreeMap VecDeque Vec Option Some Result Ok Err Box Rc Arc RefCell Cell Mutex
println eprintln format vec clone iter into unwrap expect usize isize u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 str String
derive Debug Clone Copy Default PartialEq Eq Hash test cfg fmt errors strings strconv bytes context sync sort math os io
bufio testing Println Printf Sprintf Errorf java util lang List ArrayList HashMap Map Set HashSet Optional Objects
Collections Arrays stdio stdlib string stdint stdbool math ctype assert errno limits h hpp cpp
`;

const WORDS: ReadonlySet<string> = new Set(
  [KEYWORDS, JAVASCRIPT, PYTHON, OTHERS].flatMap((list) => list.trim().split(/\s+/)).concat(builtinModules),
);

export function isPublicWord(word: string): boolean {
  return WORDS.has(word);
}

/** Module names of Python's standard library, as far as fixers may import them unasked. */
export const PYTHON_MODULES: ReadonlySet<string> = new Set(
  PYTHON.slice(0, PYTHON.indexOf("abs bool")).trim().split(/\s+/),
);
