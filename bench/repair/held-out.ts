import type { Fault } from "./faults.ts";

/**
 * Kinds that were written down before templates were run on them, each with another shape of the changed line in each
 * product. At the first run 7 of these 15 were healed; bare calls as names, methods of the language, single places and
 * places that only fit once were taught to templates since.
 */
export const HELD_OUT_FAULTS: readonly Fault[] = [
  {
    kind: "a list that may be absent",
    language: "javascript",
    explanation: "The list may be undefined; an empty one stands for it.",
    products: [
      {
        module: "basket",
        name: "pieces",
        source: "export function pieces(basket) {\n  const items = basket.items ?? [];\n  return items.length;\n}\n",
        right: "basket.items ?? []",
        wrong: "basket.items",
        test: ["pieces({})", "0"],
      },
      {
        module: "inbox",
        name: "unread",
        source: "export const unread = (box) => {\n    let mails = box.mails ?? [];\n    return mails.length;\n};\n",
        right: "box.mails ?? []",
        wrong: "box.mails",
        test: ["unread({})", "0"],
      },
      {
        module: "watchers",
        name: "watching",
        source:
          "export function watching(page) {\n  const people = page.stats.people ?? [];\n  return people.length;\n}\n",
        right: "page.stats.people ?? []",
        wrong: "page.stats.people",
        test: ["watching({ stats: {} })", "0"],
      },
      {
        module: "crew",
        name: "hands",
        source: "export function hands(ship) {\n  return (ship.crew ?? []).length;\n}\n",
        right: "(ship.crew ?? [])",
        wrong: "ship.crew",
        test: ["hands({})", "0"],
      },
    ],
  },
  {
    kind: "a text that has to be a number",
    language: "javascript",
    explanation: "A field of a form is a text; it has to become a number before it is added.",
    products: [
      {
        module: "tip",
        name: "withTip",
        source: "export function withTip(bill, form) {\n  return bill + Number(form.tip);\n}\n",
        right: "Number(form.tip)",
        wrong: "form.tip",
        test: ['withTip(20, { tip: "3" })', "23"],
      },
      {
        module: "depth",
        name: "keelAt",
        source: "export const keelAt = (water, boat) => {\n    return water + Number(boat.draft);\n};\n",
        right: "Number(boat.draft)",
        wrong: "boat.draft",
        test: ['keelAt(4, { draft: "2" })', "6"],
      },
      {
        module: "laps",
        name: "lapsOf",
        source: "export function lapsOf(done, input) {\n  const all = done + Number(input.laps);\n  return all;\n}\n",
        right: "Number(input.laps)",
        wrong: "input.laps",
        test: ['lapsOf(1, { laps: "5" })', "6"],
      },
      {
        module: "seats",
        name: "seatsLeft",
        source:
          "export function seatsLeft(free, query) {\n  if (!query) return free;\n  return free + Number(query.back);\n}\n",
        right: "Number(query.back)",
        wrong: "query.back",
        test: ['seatsLeft(7, { back: "1" })', "8"],
      },
    ],
  },
  {
    kind: "bytes joined with a text",
    language: "python",
    explanation: "Bytes have to be decoded before they are joined with a text.",
    products: [
      {
        module: "reader",
        name: "headline",
        source: 'def headline(raw):\n    return "# " + raw.decode()\n',
        right: "+ raw.decode()",
        wrong: "+ raw",
        test: ['headline(b"tides")', '"# tides"'],
      },
      {
        module: "mailer",
        name: "subject",
        source: "def subject(prefix, payload):\n    line = prefix + payload.decode()\n    return line\n",
        right: "+ payload.decode()",
        wrong: "+ payload",
        test: ['subject("re: ", b"oats")', '"re: oats"'],
      },
      {
        module: "radio",
        name: "heard",
        source:
          'class Radio:\n    def __init__(self, frame):\n        self.frame = frame\n\n    def text(self):\n        return "> " + self.frame.decode()\n\n\ndef heard(frame):\n    return Radio(frame).text()\n',
        right: "+ self.frame.decode()",
        wrong: "+ self.frame",
        test: ['heard(b"over")', '"> over"'],
      },
      {
        module: "tagger",
        name: "tag",
        source: "def tag(name, value):\n    return '<' + name + '=' + value.decode() + '>'\n",
        right: "+ value.decode()",
        wrong: "+ value",
        test: ['tag("id", b"7")', '"<id=7>"'],
      },
    ],
  },
  {
    kind: "nothing where a list was meant",
    language: "python",
    explanation: "None can't be iterated; an empty list can.",
    products: [
      {
        module: "alarms",
        name: "ringing",
        source:
          "def ringing(clocks):\n    count = 0\n    for clock in clocks or []:\n        count += clock\n    return count\n",
        right: "in clocks or []:",
        wrong: "in clocks:",
        test: ["ringing(None)", "0"],
      },
      {
        module: "parcels",
        name: "weight",
        source:
          "def weight(van):\n  total = 0\n  for box in van.get('boxes') or []:\n    total += box\n  return total\n",
        right: "van.get('boxes') or []",
        wrong: "van.get('boxes')",
        test: ["weight({})", "0"],
      },
      {
        module: "guests",
        name: "names_of",
        source:
          "class Party:\n    def __init__(self, guests):\n        self.guests = guests\n\n    def names(self):\n        found = []\n        for guest in self.guests or []:\n            found.append(guest)\n        return found\n\n\ndef names_of(guests):\n    return Party(guests).names()\n",
        right: "in self.guests or []:",
        wrong: "in self.guests:",
        test: ["names_of(None)", "[]"],
      },
      {
        module: "routes",
        name: "longest",
        source:
          "def longest(legs):\n    best = 0\n    for number, leg in enumerate(legs or []):\n        best = max(best, leg + number)\n    return best\n",
        right: "enumerate(legs or [])",
        wrong: "enumerate(legs)",
        test: ["longest(None)", "0"],
      },
    ],
  },
  {
    kind: "a map has no places",
    language: "python",
    explanation: "A map object is no list; the list of it has places.",
    products: [
      {
        module: "prices",
        name: "first_price",
        source: "def first_price(texts):\n    return list(map(int, texts))[0]\n",
        right: "list(map(int, texts))[0]",
        wrong: "map(int, texts)[0]",
        test: ['first_price(["4", "5"])', "4"],
      },
      {
        module: "winners",
        name: "winner",
        source: "def winner(scores):\n    ranked = sorted(scores)\n    return list(map(str, ranked))[0]\n",
        right: "list(map(str, ranked))[0]",
        wrong: "map(str, ranked)[0]",
        test: ["winner([3, 1])", '"1"'],
      },
      {
        module: "signals",
        name: "strongest",
        source: "def strongest(levels):\n    top = list(map(float, levels))[0]\n    return top\n",
        right: "list(map(float, levels))[0]",
        wrong: "map(float, levels)[0]",
        test: ["strongest([2])", "2.0"],
      },
      {
        module: "dials",
        name: "reading",
        source:
          "class Dial:\n    def __init__(self, marks):\n        self.marks = marks\n\n    def read(self):\n        return list(map(int, self.marks))[0]\n\n\ndef reading(marks):\n    return Dial(marks).read()\n",
        right: "list(map(int, self.marks))[0]",
        wrong: "map(int, self.marks)[0]",
        test: ['reading(["8"])', "8"],
      },
    ],
  },
];
