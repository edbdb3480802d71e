import type { Fault } from "./faults.ts";

export const PYTHON_FAULTS: readonly Fault[] = [
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
