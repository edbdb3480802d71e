import type { Fault } from "./faults.ts";

export const JAVASCRIPT_FAULTS: readonly Fault[] = [
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
];
