import type { DemoProduct } from "./history.ts";

const project = `[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "harbour-cargo"
version = "2.1.0"
description = "Weights and lists of what the ships of the fleet carry"
license = { text = "MIT" }
requires-python = ">=3.9"

[tool.setuptools]
packages = ["harbour_cargo"]
`;

const spec = `---
product: harbour-cargo
company: harbour
tier: 2
priority: medium
packages: [{ ecosystem: pypi, path: ., publish: true }]
stages:
  test: python3 -m unittest discover -s tests
docs: { site: mkdocs }
announce: [webhook]
---
# Harbour Cargo

Know what every ship carries.

## Requirement: a list has one total

- **Given** pieces of 1.5 and 2.25 tonnes, **when** the list is added up, **then** the total is 3.75 tonnes.
`;

const manifestModule = `"""Cargo lists."""


def total(pieces):
    """Tonnes of all pieces; each piece is (name, tonnes)."""
    return sum(tonnes for _, tonnes in pieces)
`;

export const harbourCargo: DemoProduct = {
  name: "harbour-cargo",
  ecosystem: "pypi",
  history: [
    {
      message: "feat: add up a cargo list",
      author: "ada",
      files: {
        "pyproject.toml": project,
        "harbour_cargo/__init__.py": manifestModule,
        "tests/test_total.py": `import unittest

from harbour_cargo import total


class Total(unittest.TestCase):
    def test_a_list_has_one_total(self):
        self.assertEqual(total([("rails", 1.5), ("rope", 2.25)]), 3.75)


if __name__ == "__main__":
    unittest.main()
`,
        ".gitignore": "__pycache__/\n*.egg-info/\nbuild/\ndist/\n",
        "README.md": "# harbour-cargo\n\nWeights and lists of what the ships carry.\n",
      },
      tag: "v2.1.0",
    },
    {
      message: "docs: say what the product must do",
      author: "ada",
      files: {
        "SPEC.md": spec,
        ".codemonkeys/config.yaml": "ship:\n  alerts: { webhook_url_env: HARBOUR_WEBHOOK_URL }\n",
      },
    },
  ],
  breaking: {
    message: "fix: charge whole tonnes, rounded up",
    author: "grace",
    files: {
      "harbour_cargo/__init__.py": `${manifestModule}

def charged(pieces):
    """Whole tonnes that a list is charged for, rounded up."""
    return math.ceil(total(pieces))
`,
      "tests/test_charged.py": `import unittest

from harbour_cargo import charged


class Charged(unittest.TestCase):
    def test_started_tonnes_count_whole(self):
        self.assertEqual(charged([("rails", 1.5), ("rope", 2.25)]), 4)

    def test_whole_tonnes_stay(self):
        self.assertEqual(charged([("rails", 3)]), 3)
`,
    },
  },
};
