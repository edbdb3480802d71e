/**
 * Faults that a product brings on itself and no built-in fixer knows, each in four products that share no name, file or
 * text. The first is repaired by a model's answer; the others have to be repaired by what that repair taught.
 */
export interface Fault {
  readonly kind: string;
  readonly language: "javascript" | "python";
  /** The model's words, as its wire carries them. */
  readonly explanation: string;
  /** The product that teaches, and those that are to be healed by it. */
  readonly products: readonly [FaultyProduct, ...FaultyProduct[]];
}

export interface FaultyProduct {
  /** Of the module, without extension; its folder too in Python. */
  readonly module: string;
  /** What the test takes from the module. */
  readonly name: string;
  readonly source: string;
  /** A text of the source that is there once, and the faulty one that a commit puts in its place. */
  readonly right: string;
  readonly wrong: string;
  /** An expression of the language, and what it has to be equal to. */
  readonly test: readonly [expression: string, value: string];
}

export const FAULTS: readonly Fault[] = [
  {
    kind: "an object is no list of pairs",
    language: "javascript",
    explanation: "A plain object is not iterable; its entries are.",
    products: [
      {
        module: "invoice",
        name: "total",
        source:
          "export function total(prices) {\n  let sum = 0;\n  for (const [, price] of Object.entries(prices)) {\n    sum += price;\n  }\n  return sum;\n}\n",
        right: "of Object.entries(prices)",
        wrong: "of prices",
        test: ["total({ tea: 3, oats: 4 })", "7"],
      },
      {
        module: "tides",
        name: "highest",
        source:
          "// Metres above chart datum.\nexport function highest(marks) {\n    let top = -Infinity;\n    for (const [, metres] of Object.entries(marks)) {\n        top = Math.max(top, metres);\n    }\n    return top;\n}\n",
        right: "of Object.entries(marks)",
        wrong: "of marks",
        test: ["highest({ north: 2.5, quay: 4.25 })", "4.25"],
      },
      {
        module: "seating",
        name: "countGuests",
        source:
          "export const countGuests = (tables) => {\n  let guests = 0;\n  for (const [, list] of Object.entries(tables)) {\n    guests += list.length;\n  }\n  return guests;\n};\n",
        right: "of Object.entries(tables)",
        wrong: "of tables",
        test: ['countGuests({ window: ["ada"], door: ["ben", "cy"] })', "3"],
      },
      {
        module: "ballot",
        name: "cast",
        source:
          "class Ballot {\n  constructor(votes) {\n    this.votes = votes;\n  }\n  sum() {\n    let all = 0;\n    for (const [, voices] of Object.entries(this.votes)) {\n      all += voices;\n    }\n    return all;\n  }\n}\n\nexport const cast = (votes) => new Ballot(votes).sum();\n",
        right: "of Object.entries(this.votes)",
        wrong: "of this.votes",
        test: ["cast({ yes: 12, no: 5 })", "17"],
      },
    ],
  },
  {
    kind: "a class is made without new",
    language: "javascript",
    explanation: "A class is constructed with new.",
    products: [
      {
        module: "money",
        name: "euros",
        source:
          "class Money {\n  constructor(cents) {\n    this.cents = cents;\n  }\n}\n\nexport function euros(amount) {\n  return new Money(amount);\n}\n",
        right: "return new Money",
        wrong: "return Money",
        test: ["euros(250).cents", "250"],
      },
      {
        module: "route",
        name: "leg",
        source:
          "class Waypoint {\n  constructor(mile) {\n    this.mile = mile;\n  }\n}\n\nexport function leg(distance) {\n  return new Waypoint(distance);\n}\n",
        right: "return new Waypoint",
        wrong: "return Waypoint",
        test: ["leg(12).mile", "12"],
      },
      {
        module: "queue",
        name: "ticket",
        source:
          "export class Ticket {\n\tconstructor(number) {\n\t\tthis.number = number;\n\t}\n}\n\nlet last = 40;\n\nexport function ticket() {\n\tlast += 1;\n\treturn issue(last);\n}\n\nfunction issue(number) {\n\treturn new Ticket(number);\n}\n",
        right: "return new Ticket",
        wrong: "return Ticket",
        test: ["ticket().number", "41"],
      },
      {
        module: "recipe",
        name: "portion",
        source:
          'class Portion {\n  constructor(grams, name) {\n    this.text = grams + " g " + name;\n  }\n}\n\nexport function portion(grams, name) {\n  return new Portion(grams, name);\n}\n',
        right: "return new Portion",
        wrong: "return Portion",
        test: ['portion(80, "rice").text', '"80 g rice"'],
      },
    ],
  },
  {
    kind: "a Set that is sorted like a list",
    language: "javascript",
    explanation: "A Set has no sort; a list of its members has.",
    products: [
      {
        module: "authors",
        name: "names",
        source:
          "export function names(books) {\n  const seen = new Set(books.map((book) => book.by));\n  return [...seen].sort();\n}\n",
        right: "[...seen].sort()",
        wrong: "seen.sort()",
        test: ['names([{ by: "woolf" }, { by: "eco" }, { by: "eco" }])', '["eco", "woolf"]'],
      },
      {
        module: "harbours",
        name: "called",
        source:
          "export const called = (voyage) => {\n    const ports = new Set();\n    for (const leg of voyage) ports.add(leg.port);\n    return [...ports].sort();\n};\n",
        right: "[...ports].sort()",
        wrong: "ports.sort()",
        test: ['called([{ port: "oban" }, { port: "ayr" }, { port: "oban" }])', '["ayr", "oban"]'],
      },
      {
        module: "letters",
        name: "alphabet",
        source:
          "export function alphabet(text) {\n\tconst used = new Set(text);\n\tused.delete(' ');\n\treturn [...used].sort();\n}\n",
        right: "[...used].sort()",
        wrong: "used.sort()",
        test: ['alphabet("c a b a")', '["a", "b", "c"]'],
      },
      {
        module: "skills",
        name: "skillsOf",
        source:
          "export class Team {\n  constructor(people) {\n    this.people = people;\n  }\n  skills() {\n    const known = new Set(this.people.flatMap((one) => one.knows));\n    return [...known].sort();\n  }\n}\n\nexport const skillsOf = (people) => new Team(people).skills();\n",
        right: "[...known].sort()",
        wrong: "known.sort()",
        test: ['skillsOf([{ knows: ["tar", "knot"] }, { knows: ["knot"] }])', '["knot", "tar"]'],
      },
    ],
  },
  {
    kind: "a Map made from an object",
    language: "javascript",
    explanation: "A Map takes pairs, which Object.entries makes of an object.",
    products: [
      {
        module: "prices",
        name: "priceOf",
        source:
          "export function priceOf(list, item) {\n  const table = new Map(Object.entries(list));\n  return table.get(item);\n}\n",
        right: "new Map(Object.entries(list))",
        wrong: "new Map(list)",
        test: ['priceOf({ tea: 3 }, "tea")', "3"],
      },
      {
        module: "lights",
        name: "colour",
        source:
          "export const colour = (buoys, name) => {\n    const known = new Map(Object.entries(buoys));\n    return known.get(name);\n};\n",
        right: "new Map(Object.entries(buoys))",
        wrong: "new Map(buoys)",
        test: ['colour({ west: "red" }, "west")', '"red"'],
      },
      {
        module: "words",
        name: "meaning",
        source:
          "export function meaning(entries, word) {\n  const dictionary = new Map(Object.entries(entries));\n  return dictionary.get(word) ?? word;\n}\n",
        right: "new Map(Object.entries(entries))",
        wrong: "new Map(entries)",
        test: ['meaning({ ahoy: "hello" }, "ahoy")', '"hello"'],
      },
      {
        module: "stops",
        name: "minutes",
        source:
          "const STOPS = { harbour: 4, market: 9 };\n\nexport function minutes(stop) {\n  const plan = new Map(Object.entries(STOPS));\n  return plan.get(stop);\n}\n",
        right: "new Map(Object.entries(STOPS))",
        wrong: "new Map(STOPS)",
        test: ['minutes("market")', "9"],
      },
    ],
  },
  {
    kind: "a BigInt and a number in one product",
    language: "javascript",
    explanation: "The number has to become a BigInt before the two are multiplied.",
    products: [
      {
        module: "supply",
        name: "worth",
        source: "export function worth(coins, rate) {\n  return coins * BigInt(rate);\n}\n",
        right: "coins * BigInt(rate)",
        wrong: "coins * rate",
        test: ["worth(10n, 3)", "30n"],
      },
      {
        module: "orbit",
        name: "travelled",
        source: "export function travelled(metres, rounds) {\n    return metres * BigInt(rounds);\n}\n",
        right: "metres * BigInt(rounds)",
        wrong: "metres * rounds",
        test: ["travelled(40000n, 2)", "80000n"],
      },
      {
        module: "storage",
        name: "bytesOf",
        source: "const BLOCK = 4096n;\n\nexport function bytesOf(blocks) {\n  return BLOCK * BigInt(blocks);\n}\n",
        right: "BLOCK * BigInt(blocks)",
        wrong: "BLOCK * blocks",
        test: ["bytesOf(2)", "8192n"],
      },
      {
        module: "ledger",
        name: "interest",
        source:
          "export class Account {\n  constructor(cents) {\n    this.cents = cents;\n  }\n  grow(times) {\n    return this.cents * BigInt(times);\n  }\n}\n\nexport const interest = (cents, times) => new Account(cents).grow(times);\n",
        right: "this.cents * BigInt(times)",
        wrong: "this.cents * times",
        test: ["interest(7n, 3)", "21n"],
      },
    ],
  },
  {
    kind: "a dictionary that changes while it is read",
    language: "python",
    explanation: "Iterate over a copy of the keys, as the loop removes some.",
    products: [
      {
        module: "stock",
        name: "sell_out",
        source:
          "def sell_out(shelf):\n    for item in list(shelf):\n        if shelf[item] == 0:\n            del shelf[item]\n    return shelf\n",
        right: "in list(shelf):",
        wrong: "in shelf:",
        test: ['sell_out({"tea": 0, "oats": 2, "rye": 0})', '{"oats": 2}'],
      },
      {
        module: "sessions",
        name: "expire",
        source:
          'def expire(open_ones, now):\n    """Those that are still valid."""\n    for user in list(open_ones):\n        if open_ones[user] < now:\n            open_ones.pop(user)\n    return open_ones\n',
        right: "in list(open_ones):",
        wrong: "in open_ones:",
        test: ['expire({"ada": 3, "ben": 9}, 5)', '{"ben": 9}'],
      },
      {
        module: "moorings",
        name: "leave",
        source:
          "def leave(berths, fleet):\n  for ship in list(berths):\n    if ship in fleet:\n      del berths[ship]\n  return len(berths)\n",
        right: "in list(berths):",
        wrong: "in berths:",
        test: ['leave({"gull": 1, "tern": 2}, ["gull"])', "1"],
      },
      {
        module: "garden",
        name: "harvest",
        source:
          "class Garden:\n    def __init__(self, beds):\n        self.beds = beds\n\n    def pick(self):\n        for bed in list(self.beds):\n            if self.beds[bed]:\n                del self.beds[bed]\n        return self.beds\n\n\ndef harvest(beds):\n    return Garden(beds).pick()\n",
        right: "in list(self.beds):",
        wrong: "in self.beds:",
        test: ['harvest({"kale": True, "leek": False})', '{"leek": False}'],
      },
    ],
  },
  {
    kind: "a number added to a text",
    language: "python",
    explanation: "The number has to become a text first.",
    products: [
      {
        module: "labels",
        name: "label",
        source: 'def label(name, count):\n    return name + ": " + str(count)\n',
        right: "+ str(count)",
        wrong: "+ count",
        test: ['label("tea", 3)', '"tea: 3"'],
      },
      {
        module: "signs",
        name: "platform",
        source: "def platform(station, track):\n    return station + ' - ' + str(track)\n",
        right: "+ str(track)",
        wrong: "+ track",
        test: ['platform("Quay", 4)', '"Quay - 4"'],
      },
      {
        module: "badge",
        name: "badge_of",
        source: 'def badge_of(person, number):\n    return person + " no. " + str(number)\n',
        right: "+ str(number)",
        wrong: "+ number",
        test: ['badge_of("Ada", 17)', '"Ada no. 17"'],
      },
      {
        module: "score",
        name: "line",
        source:
          'def line(team, points):\n    if not points:\n        return team\n    return team + " " + str(points)\n',
        right: "+ str(points)",
        wrong: "+ points",
        test: ['line("Reds", 2)', '"Reds 2"'],
      },
    ],
  },
  {
    kind: "the length of a filter",
    language: "python",
    explanation: "A filter has no length; the list of it has.",
    products: [
      {
        module: "survey",
        name: "answered",
        source: "def answered(replies):\n    return len(list(filter(None, replies)))\n",
        right: "len(list(filter(None, replies)))",
        wrong: "len(filter(None, replies))",
        test: ['answered(["yes", "", "no"])', "2"],
      },
      {
        module: "buoys",
        name: "lit",
        source: "def lit(lamps):\n  return len(list(filter(None, lamps)))\n",
        right: "len(list(filter(None, lamps)))",
        wrong: "len(filter(None, lamps))",
        test: ["lit([True, False, True])", "2"],
      },
      {
        module: "choir",
        name: "present",
        source:
          "class Choir:\n    def __init__(self, voices):\n        self.voices = voices\n\n    def here(self):\n        voices = self.voices\n        return len(list(filter(None, voices)))\n\n\ndef present(voices):\n    return Choir(voices).here()\n",
        right: "len(list(filter(None, voices)))",
        wrong: "len(filter(None, voices))",
        test: ['present(["alto", None])', "1"],
      },
      {
        module: "pantry",
        name: "full",
        source: "def full(jars):\n    if not jars:\n        return 0\n    return len(list(filter(None, jars)))\n",
        right: "len(list(filter(None, jars)))",
        wrong: "len(filter(None, jars))",
        test: ["full([3, 0, 2, 0])", "2"],
      },
    ],
  },
  {
    kind: "the first key of a dictionary",
    language: "python",
    explanation: "The keys of a dictionary have no places; a list of them has.",
    products: [
      {
        module: "menu",
        name: "first_dish",
        source: "def first_dish(card):\n    return list(card.keys())[0]\n",
        right: "list(card.keys())[0]",
        wrong: "card.keys()[0]",
        test: ['first_dish({"soup": 4, "pie": 7})', '"soup"'],
      },
      {
        module: "roster",
        name: "captain",
        source: "def captain(players):\n    if not players:\n        return None\n    return list(players.keys())[0]\n",
        right: "list(players.keys())[0]",
        wrong: "players.keys()[0]",
        test: ['captain({"ada": 1, "ben": 2})', '"ada"'],
      },
      {
        module: "cargo",
        name: "nearest",
        source: "def nearest(holds):\n  return list(holds.keys())[0]\n",
        right: "list(holds.keys())[0]",
        wrong: "holds.keys()[0]",
        test: ['nearest({"fore": 10})', '"fore"'],
      },
      {
        module: "quiz",
        name: "opening",
        source:
          "class Quiz:\n    def __init__(self, rounds):\n        self.rounds = rounds\n\n    def start(self):\n        return list(self.rounds.keys())[0]\n\n\ndef opening(rounds):\n    return Quiz(rounds).start()\n",
        right: "list(self.rounds.keys())[0]",
        wrong: "self.rounds.keys()[0]",
        test: ['opening({"sport": 3, "art": 5})', '"sport"'],
      },
    ],
  },
];

/** The files of a product, sound, and its path to the file that the fault is in. */
export function filesOf(fault: Fault, { module, name, source, test: [expression, value] }: FaultyProduct) {
  if (fault.language === "python") {
    const file = `${module}/core.py`;
    const test = `import unittest\n\nfrom ${module}.core import ${name}\n\n\nclass Case(unittest.TestCase):\n    def test_${name.toLowerCase()}(self):\n        self.assertEqual(${expression}, ${value})\n`;
    const files = {
      [file]: source,
      [`${module}/__init__.py`]: "# The product's package.\n",
      [`tests/test_${module}.py`]: test,
    };
    return { file, files: { ...files, "tests/__init__.py": "# Found by unittest.\n" }, command: "python3 -m unittest" };
  }
  const file = `src/${module}.js`;
  const manifest = { name: module, version: "1.0.0", type: "module", scripts: { test: "node --test" } };
  const test = `import assert from "node:assert/strict";\nimport test from "node:test";\nimport { ${name} } from "../src/${module}.js";\n\ntest("${name}", () => assert.deepEqual(${expression}, ${value}));\n`;
  const files = { "package.json": `${JSON.stringify(manifest)}\n`, [file]: source, [`test/${module}.test.js`]: test };
  return { file, files, command: "node --test" };
}
