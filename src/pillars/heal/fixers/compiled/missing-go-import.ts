import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

/** Packages of Go's standard library by the name they are used under. */
const PACKAGES: Readonly<Record<string, string>> = Object.fromEntries(
  `bufio bytes context errors flag fmt io log maps math net os path reflect regexp runtime slices sort strconv strings sync
  testing time unicode encoding/base64 encoding/binary encoding/csv encoding/hex encoding/json encoding/xml net/http net/url
  net/mail html/template text/tabwriter os/exec os/signal os/user path/filepath crypto/sha256 crypto/sha512 crypto/hmac
  crypto/md5 crypto/rand container/heap container/list math/big math/bits unicode/utf8 unicode/utf16 sync/atomic io/fs
  io/ioutil log/slog compress/gzip archive/zip archive/tar hash/crc32 hash/fnv testing/iotest net/http/httptest mime embed
  iter cmp expvar database/sql go/ast go/parser go/token runtime/debug runtime/pprof`
    .trim()
    .split(/\s+/)
    .map((path) => [path.split("/").at(-1) ?? path, path]),
);

export const missingGoImport: Fixer = {
  name: "missing-go-import",
  summary: "a package of Go's standard library used without its import",
  trust: 0.9,
  async propose(input) {
    const name = /undefined: (\w+)/.exec(textOf(input))?.[1];
    const path = name === undefined ? undefined : PACKAGES[name];
    const place = await placeOf(input);
    if (path === undefined || !place?.file.endsWith(".go")) return [];
    return proposals(`import ${path}`, [
      await rewrite(input.tree, place.file, (text) => {
        if (!new RegExp(`\\b${name}\\.`).test(text)) return undefined;
        const block = /^import \(\n([\s\S]*?)^\)/m.exec(text);
        if (block) {
          const lines = (block[1] ?? "").split("\n").filter((line) => line !== "");
          const at = lines.findIndex((line) => (/"([^"]+)"/.exec(line)?.[1] ?? "") > path);
          lines.splice(at < 0 ? lines.length : at, 0, `\t"${path}"`);
          return text.replace(block[0], `import (\n${lines.join("\n")}\n)`);
        }
        const single = /^import ("[^"]+")$/m.exec(text);
        if (single) {
          const both = [single[1] ?? "", `"${path}"`].sort();
          return text.replace(single[0], `import (\n${both.map((one) => `\t${one}`).join("\n")}\n)`);
        }
        return text.replace(/^(package \w+)$/m, `$1\n\nimport "${path}"`);
      }),
    ]);
  },
};
