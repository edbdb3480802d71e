import { type Fixer, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

/** Classes of the JDK that are used so much that their package is certain. */
export const JDK_CLASSES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    "java.util":
      "List ArrayList LinkedList Map HashMap LinkedHashMap TreeMap Set HashSet LinkedHashSet TreeSet Queue Deque ArrayDeque PriorityQueue Collection Collections Arrays Objects Optional Iterator Comparator Scanner Random InputMismatchException UUID StringJoiner Properties Locale BitSet EnumMap EnumSet NoSuchElementException",
    "java.util.function":
      "Function BiFunction Supplier Consumer BiConsumer Predicate BiPredicate UnaryOperator BinaryOperator",
    "java.util.stream": "Stream Collectors IntStream LongStream",
    "java.util.concurrent":
      "ConcurrentHashMap ExecutorService Executors CompletableFuture TimeUnit CountDownLatch Callable Future",
    "java.util.concurrent.atomic": "AtomicInteger AtomicLong AtomicBoolean AtomicReference",
    "java.util.regex": "Pattern Matcher",
    "java.io":
      "File FileNotFoundException IOException UncheckedIOException InputStream OutputStream Reader Writer BufferedReader BufferedWriter FileReader FileWriter InputStreamReader PrintWriter PrintStream Serializable ByteArrayInputStream ByteArrayOutputStream",
    "java.nio.file": "Path Paths Files StandardOpenOption",
    "java.nio.charset": "StandardCharsets Charset",
    "java.math": "BigDecimal BigInteger RoundingMode",
    "java.time": "Instant Duration LocalDate LocalDateTime LocalTime ZonedDateTime ZoneId ZoneOffset Period DayOfWeek",
    "java.time.format": "DateTimeFormatter",
    "java.net": "URI URL HttpURLConnection",
    "java.net.http": "HttpClient HttpRequest HttpResponse",
  }).flatMap(([pack, names]) => names.split(" ").map((name) => [name, pack])),
);

export const missingJavaImport: Fixer = {
  name: "missing-java-import",
  summary: "a class of the JDK used without its import",
  trust: 0.9,
  async propose(input) {
    const name = /symbol:\s+(?:class|variable) (\w+)/.exec(textOf(input))?.[1];
    const pack = name === undefined ? undefined : JDK_CLASSES[name];
    const place = await placeOf(input);
    if (pack === undefined || !place?.file.endsWith(".java")) return [];
    return proposals(`import ${pack}.${name}`, [
      await rewrite(input.tree, place.file, (text) => {
        const lines = text.split("\n");
        const statement = `import ${pack}.${name};`;
        const own = lines.findIndex((line) => /^import\s/.test(line));
        const header = lines.findIndex((line) => /^package\s/.test(line));
        if (own >= 0) lines.splice(own, 0, statement);
        else if (header >= 0) lines.splice(header + 1, 0, "", statement);
        else lines.unshift(statement, "");
        return lines.join("\n");
      }),
    ]);
  },
};
