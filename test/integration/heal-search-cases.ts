/** Small products, sound as they are, and the slips that are seeded in them, one at a time. */
export interface SearchProduct {
  readonly name: string;
  /** Packages that npm installs first, with their versions. */
  readonly install?: readonly string[];
  /** Its compiler takes long: left to `npm run test:full`. */
  readonly slow?: true;
  readonly test: string;
  readonly files: Readonly<Record<string, string>>;
  readonly slips: readonly Slip[];
}

export interface Slip {
  readonly operator: string;
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

export const HARBOUR: SearchProduct = {
  name: "harbour",
  test: "npm test",
  files: {
    "package.json":
      '{ "name": "harbour", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
    "src/berths.js": `export function clamp(value, low, high) {
  if (value < low) return low;
  if (value > high) return high;
  return value;
}

export function totalFee(ships) {
  let sum = 0;
  for (let i = 0; i < ships.length; i++) {
    sum += ships[i].length * ships[i].rate;
  }
  return sum;
}

export function free(berths, ship) {
  return berths.filter((berth) => !berth.taken && berth.depth >= ship.draught);
}

export function lastOf(list) {
  return list[list.length - 1];
}

export function label(ship, berth) {
  return join(ship.name, berth.name);
}

function join(first, second) {
  return \`\${first}@\${second}\`;
}

export async function manifest(load, ship) {
  const cargo = await load(ship.name);
  return cargo.items.length;
}

export function longest(ships) {
  return Math.max(...ships.map((ship) => ship.length));
}
`,
    "test/berths.test.js": `import assert from "node:assert/strict";
import test from "node:test";
import { clamp, free, label, lastOf, longest, manifest, totalFee } from "../src/berths.js";

test("clamp keeps what fits", () => assert.equal(clamp(5, 0, 10), 5));
test("clamp cuts what is too low", () => assert.equal(clamp(-5, 0, 10), 0));
test("clamp cuts what is too high", () => assert.equal(clamp(50, 0, 10), 10));
test("fees add up", () => assert.equal(totalFee([{ length: 10, rate: 2 }, { length: 5, rate: 4 }]), 40));
test("free berths are deep enough", () => {
  const berths = [{ taken: true, depth: 9 }, { taken: false, depth: 4 }, { taken: false, depth: 9 }, { taken: false, depth: 6 }];
  assert.deepEqual(free(berths, { draught: 6 }), [{ taken: false, depth: 9 }, { taken: false, depth: 6 }]);
});
test("the last one", () => assert.equal(lastOf([1, 2, 3]), 3));
test("a label names ship and berth", () => assert.equal(label({ name: "ida" }, { name: "b7" }), "ida@b7"));
test("a manifest counts items", async () => assert.equal(await manifest(async () => ({ items: [1, 2] }), { name: "ida" }), 2));
test("the longest ship", () => assert.equal(longest([{ length: 3 }, { length: 9 }, { length: 4 }]), 9));
`,
  },
  slips: [
    { operator: "comparison", file: "src/berths.js", right: "value > high", wrong: "value < high" },
    { operator: "boundary", file: "src/berths.js", right: "i < ships.length", wrong: "i <= ships.length" },
    { operator: "boundary", file: "src/berths.js", right: ">= ship.draught", wrong: "> ship.draught" },
    {
      operator: "arithmetic",
      file: "src/berths.js",
      right: "ships[i].length * ships",
      wrong: "ships[i].length + ships",
    },
    { operator: "logical", file: "src/berths.js", right: "!berth.taken && berth", wrong: "!berth.taken || berth" },
    { operator: "constant", file: "src/berths.js", right: "list.length - 1", wrong: "list.length - 2" },
    { operator: "bound", file: "src/berths.js", right: "list[list.length - 1]", wrong: "list[list.length]" },
    {
      operator: "arguments",
      file: "src/berths.js",
      right: "join(ship.name, berth.name)",
      wrong: "join(berth.name, ship.name)",
    },
    { operator: "await", file: "src/berths.js", right: "await load(ship.name)", wrong: "load(ship.name)" },
    { operator: "method", file: "src/berths.js", right: "Math.max", wrong: "Math.min" },
    { operator: "variable", file: "src/berths.js", right: "return low;", wrong: "return high;" },
  ],
};

export const TIDES: SearchProduct = {
  name: "tides",
  test: "python3 -m pytest -q",
  files: {
    "tides.py": `def mean(levels):
    total = 0
    for level in levels:
        total += level
    return total / len(levels)


def highest(levels):
    best = levels[0]
    for level in levels:
        if level > best:
            best = level
    return best


def is_spring(moon, wind):
    if moon == "full" and wind < 5:
        return True
    return False


def window(levels, start, end):
    return levels[start:end + 1]


def first_above(levels, limit):
    for index in range(len(levels)):
        if levels[index] >= limit:
            return index
    return None


def depth(chart, tide):
    if tide is None:
        return chart
    return chart + tide
`,
    "test_tides.py": `from tides import depth, first_above, highest, is_spring, mean, window


def test_mean():
    assert mean([2, 4, 6]) == 4


def test_highest():
    assert highest([3, 9, 4]) == 9


def test_spring():
    assert is_spring("full", 2)
    assert not is_spring("half", 2)
    assert not is_spring("full", 9)


def test_window():
    assert window([1, 2, 3, 4, 5], 1, 3) == [2, 3, 4]


def test_first_above():
    assert first_above([1, 5, 7], 5) == 1
    assert first_above([1, 5, 7], 8) is None


def test_depth():
    assert depth(4, None) == 4
    assert depth(4, 2) == 6
`,
  },
  slips: [
    { operator: "arithmetic", file: "tides.py", right: "total += level", wrong: "total -= level" },
    { operator: "comparison", file: "tides.py", right: "level > best", wrong: "level < best" },
    { operator: "logical", file: "tides.py", right: '"full" and wind', wrong: '"full" or wind' },
    { operator: "constant", file: "tides.py", right: "end + 1", wrong: "end + 2" },
    { operator: "boundary", file: "tides.py", right: ">= limit", wrong: "> limit" },
    { operator: "negation", file: "tides.py", right: "tide is None", wrong: "tide is not None" },
    { operator: "return", file: "tides.py", right: "    return chart + tide", wrong: "    chart + tide" },
    { operator: "variable", file: "tides.py", right: "return best", wrong: "return level" },
  ],
};

const FARES = `/** Cents for a journey. */
export function fare(zones, age) {
  const whole = 120 + zones * 80;
  if (age < 6) return 0;
  return age <= 14 ? whole / 2 : whole;
}

export function cheapest(fares) {
  let best = fares[0];
  for (const one of fares) {
    if (one < best) best = one;
  }
  return best;
}

export class Card {
  constructor(balance) {
    this.balance = balance;
  }

  pay(amount) {
    if (amount > this.balance) throw new RangeError("not enough");
    this.balance -= amount;
    return this.balance;
  }
}
`;

const FARE_TESTS = `
describe("fares", () => {
  it("counts zones", () => equal(fare(2, 30), 280));
  it("lets small children travel", () => equal(fare(2, 5), 0));
  it("takes half of children", () => equal(fare(2, 14), 140));
  it("finds the cheapest", () => equal(cheapest([300, 120, 200]), 120));
});

describe("a card", () => {
  it("is paid with", () => equal(new Card(500).pay(200), 300));
  it("pays all that it has", () => equal(new Card(200).pay(200), 0));
});
`;

const FARE_SLIPS: readonly Slip[] = [
  { operator: "boundary", file: "src/fares.js", right: "age <= 14", wrong: "age < 14" },
  { operator: "comparison", file: "src/fares.js", right: "one < best", wrong: "one > best" },
  { operator: "boundary", file: "src/fares.js", right: "amount > this", wrong: "amount >= this" },
  { operator: "arithmetic", file: "src/fares.js", right: "120 + zones", wrong: "120 - zones" },
];

const manifest = (name: string) =>
  `{\n  "name": "${name}",\n  "version": "1.0.0",\n  "type": "module",\n  "scripts": {\n    "test": "${name}"\n  }\n}\n`;
const EXPECTING =
  'import { Card, cheapest, fare } from "../src/fares.js";\n\nconst equal = (a, b) => expect(a).toBe(b);\n';

/** vitest runs sources that it has transformed. */
export const VITEST: SearchProduct = {
  name: "vitest",
  test: "vitest run",
  files: {
    "package.json": manifest("vitest").replace('"vitest"\n', '"vitest run"\n'),
    "vitest.config.js": "export default { test: { globals: true } };\n",
    "src/fares.js": FARES,
    "test/fares.test.js": EXPECTING + FARE_TESTS,
  },
  slips: FARE_SLIPS,
};

/** jest runs CommonJS here, in contexts of its own. */
export const JEST: SearchProduct = {
  name: "jest",
  install: ["jest@29"],
  test: "npm test",
  files: {
    ".gitignore": "node_modules\n",
    "package.json": manifest("jest").replace('  "type": "module",\n', ""),
    "src/fares.js": `${FARES.replaceAll("export ", "")}\nmodule.exports = { fare, cheapest, Card };\n`,
    "test/fares.test.js": `${EXPECTING.replace('import { Card, cheapest, fare } from "../src/fares.js"', 'const { Card, cheapest, fare } = require("../src/fares.js")')}${FARE_TESTS}`,
  },
  slips: FARE_SLIPS,
};

export const MOCHA: SearchProduct = {
  name: "mocha",
  install: ["mocha@11"],
  test: "npm test",
  files: {
    ".gitignore": "node_modules\n",
    "package.json": manifest("mocha"),
    "src/fares.js": FARES,
    "test/fares.test.js": `import { equal } from "node:assert/strict";\nimport { Card, cheapest, fare } from "../src/fares.js";\n${FARE_TESTS}`,
  },
  slips: FARE_SLIPS,
};

/** TypeScript under vitest, where lines of the stack are those of the source. */
export const VITEST_TYPESCRIPT: SearchProduct = {
  ...VITEST,
  name: "vitest-typescript",
  files: {
    "package.json": VITEST.files["package.json"] ?? "",
    "vitest.config.ts": "export default { test: { globals: true } };\n",
    "src/fares.ts": FARES.replace("(zones, age)", "(zones: number, age: number): number")
      .replace("(fares)", "(fares: readonly number[]): number | undefined")
      .replace("let best = fares[0];", "let best = fares[0] ?? 0;")
      .replace("  constructor(balance) {\n", "  balance: number;\n\n  constructor(balance: number) {\n")
      .replace("pay(amount)", "pay(amount: number): number"),
    "test/fares.test.ts": `${EXPECTING.replace("(a, b)", "(a: unknown, b: unknown)").replace("fares.js", "fares.ts")}${FARE_TESTS}`,
  },
  slips: FARE_SLIPS.map((slip) => ({ ...slip, file: "src/fares.ts" })),
};

/** Go, ranked by the coverage that `go test` writes. */
export const FREIGHT: SearchProduct = {
  name: "freight",
  slow: true,
  test: "go vet ./... && go test ./...",
  files: {
    "go.mod": "module example.org/freight\n\ngo 1.20\n",
    "price/price.go": `// Package price says what freight costs.
package price

// Of is the price of some kilos, of fragile ones more.
func Of(kilos int, fragile bool) int {
	price := 5
	if kilos >= 10 {
		price += kilos - 10
	}
	if fragile {
		price *= 2
	}
	return price
}

// Largest is the index of the heaviest piece.
func Largest(kilos []int) int {
	best := 0
	for i := range kilos {
		if kilos[i] > kilos[best] {
			best = i
		}
	}
	return best
}
`,
    "price/price_test.go": `package price

import "testing"

func TestOf(t *testing.T) {
	for _, c := range []struct {
		kilos   int
		fragile bool
		want    int
	}{{9, false, 5}, {10, false, 5}, {12, false, 7}, {12, true, 14}} {
		if got := Of(c.kilos, c.fragile); got != c.want {
			t.Errorf("Of(%d, %v): got %d, want %d", c.kilos, c.fragile, got, c.want)
		}
	}
}

func TestLargest(t *testing.T) {
	if got := Largest([]int{3, 9, 4}); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}
`,
  },
  slips: [
    { operator: "boundary", file: "price/price.go", right: "kilos[i] > kilos[best]", wrong: "kilos[i] < kilos[best]" },
    { operator: "arithmetic", file: "price/price.go", right: "price *= 2", wrong: "price += 2" },
    { operator: "constant", file: "price/price.go", right: "kilos - 10", wrong: "kilos - 11" },
    { operator: "negation", file: "price/price.go", right: "if fragile {", wrong: "if !fragile {" },
  ],
};

/** Rust, without coverage: what the failed test calls by name, and what changed. */
export const BERTHS: SearchProduct = {
  name: "berths",
  slow: true,
  test: "cargo test",
  files: {
    ".gitignore": "target\n",
    "Cargo.toml": '[package]\nname = "berths"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": `pub fn fits(ship: u32, berth: u32) -> bool {
    ship <= berth
}

pub fn smallest(berths: &[u32], ship: u32) -> Option<u32> {
    berths.iter().copied().filter(|berth| fits(ship, *berth)).min_by_key(|berth| berth - ship)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_length_fits() {
        assert!(fits(80, 80));
        assert!(!fits(81, 80));
    }

    #[test]
    fn the_smallest_is_taken() {
        assert_eq!(smallest(&[120, 80, 40], 70), Some(80));
    }
}
`,
  },
  slips: [
    { operator: "boundary", file: "src/lib.rs", right: "ship <= berth", wrong: "ship < berth" },
    { operator: "method", file: "src/lib.rs", right: "min_by_key", wrong: "max_by_key" },
  ],
};

/** Java under Maven and JUnit: slow to start, so that what is likely has to come early. */
export const QUAY: SearchProduct = {
  name: "quay",
  slow: true,
  test: "mvn -B -ntp test",
  files: {
    ".gitignore": "target\n",
    "pom.xml": `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId>
  <artifactId>quay</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>org.junit.jupiter</groupId>
      <artifactId>junit-jupiter</artifactId>
      <version>5.11.4</version>
      <scope>test</scope>
    </dependency>
  </dependencies>
  <build>
    <plugins>
      <plugin>
        <artifactId>maven-surefire-plugin</artifactId>
        <version>3.5.2</version>
      </plugin>
    </plugins>
  </build>
</project>
`,
    "src/main/java/org/example/Quay.java": `package org.example;

public final class Quay {
    private Quay() {}

    /** A week and longer costs a tenth less. */
    public static int price(int nights) {
        int price = nights * 10;
        if (nights >= 7) {
            price -= nights;
        }
        return price;
    }
}
`,
    "src/test/java/org/example/QuayTest.java": `package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class QuayTest {
    @Test
    void prices() {
        assertEquals(30, Quay.price(3));
        assertEquals(63, Quay.price(7));
        assertEquals(72, Quay.price(8));
    }
}
`,
  },
  slips: [
    { operator: "boundary", file: "src/main/java/org/example/Quay.java", right: "nights >= 7", wrong: "nights > 7" },
    {
      operator: "arithmetic",
      file: "src/main/java/org/example/Quay.java",
      right: "price -= nights",
      wrong: "price += nights",
    },
  ],
};
