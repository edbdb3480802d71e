import { expectText, type FixerCase } from "./case.ts";

export const PYTHON: readonly FixerCase[] = [
  {
    fixer: "python-import-name",
    name: "a misspelt class",
    files: {
      "shop/__init__.py": "",
      "shop/money.py": "class Money:\n    pass\n",
      "shop/cart.py": "from shop.money import Mony\n\nprint(Mony())\n",
    },
    command: "python3 -m shop.cart",
    after: { "shop/cart.py": "from shop.money import Money\n\nprint(Money())\n" },
  },
  {
    fixer: "misspelt-key",
    name: "a key that the data have otherwise",
    files: {
      "prices.json": '{ "cents": 3 }\n',
      "a.py": 'import json\n\nprint(json.load(open("prices.json"))["cent"])\n',
    },
    command: "python3 a.py",
    after: { "a.py": 'import json\n\nprint(json.load(open("prices.json"))["cents"])\n' },
  },
  {
    fixer: "missing-self",
    name: "an attribute without self, where Python does not say so",
    files: {
      "a.py":
        "class Book:\n    def __init__(self):\n        self.entries = []\n\n    def post(self, one):\n        entries.append(one)\n\n\nBook().post(1)\n",
    },
    command: "python3 a.py",
    after: { "a.py": expectText(/^ {8}self\.entries\.append\(one\)$/m) },
  },
  {
    fixer: "misspelt-identifier",
    name: "a method of an imported module's class",
    files: {
      "money.py": "class Money:\n    def is_zero(self):\n        return True\n",
      "a.py": "from money import Money\n\nprint(Money().iszero())\n",
    },
    command: "python3 a.py",
    after: { "a.py": "from money import Money\n\nprint(Money().is_zero())\n" },
  },
  {
    fixer: "missing-local-import",
    name: "a class of another module of the package",
    files: {
      "shop/__init__.py": "",
      "shop/money.py": "class Money:\n    pass\n",
      "shop/cart.py": "import json\n\n\ndef total():\n    return json.dumps(str(Money()))\n",
      "main.py": "from shop.cart import total\n\nprint(total())\n",
    },
    command: "python3 main.py",
    after: {
      "shop/cart.py":
        "import json\nfrom shop.money import Money\n\n\ndef total():\n    return json.dumps(str(Money()))\n",
    },
  },
  {
    fixer: "misspelt-module",
    name: "a misspelt Python module",
    files: { "a.py": "import jsn\n\nprint(jsn.dumps({}))\n" },
    command: "python3 a.py",
    after: { "a.py": "import json\n\nprint(json.dumps({}))\n" },
  },
  {
    fixer: "missing-async",
    name: "await in a Python function",
    files: { "a.py": "async def g():\n    pass\n\n\ndef f():\n    await g()\n" },
    command: "python3 a.py",
    after: { "a.py": "async def g():\n    pass\n\n\nasync def f():\n    await g()\n" },
  },
  {
    fixer: "missing-python-import",
    name: "a module",
    files: { "a.py": '"""Doc."""\n\nfrom os import path\n\nprint(json.dumps({}), path)\n' },
    command: "python3 a.py",
    after: { "a.py": '"""Doc."""\n\nimport json\nfrom os import path\n\nprint(json.dumps({}), path)\n' },
  },
  {
    fixer: "missing-python-import",
    name: "a class",
    files: { "a.py": "HERE = Path('.')\n" },
    command: "python3 a.py",
    after: { "a.py": "from pathlib import Path\n\nHERE = Path('.')\n" },
  },
  {
    fixer: "python-indentation",
    name: "a line off its block",
    files: { "a.py": "def f(x):\n    if x:\n        return 1\n      return 2\n\n\nf(0)\n" },
    command: "python3 a.py",
    after: { "a.py": "def f(x):\n    if x:\n        return 1\n    return 2\n\n\nf(0)\n" },
  },
  {
    fixer: "python-indentation",
    name: "tabs among spaces",
    files: { "a.py": "def f(x):\n        if x:\n\t\treturn 1\n        return 2\n\n\nf(0)\n" },
    command: "python3 a.py",
    after: { "a.py": "def f(x):\n        if x:\n                return 1\n        return 2\n\n\nf(0)\n" },
  },
  {
    fixer: "python-missing-colon",
    name: "def without its colon",
    files: { "a.py": "def f(x)  # comment\n    return x\n" },
    command: "python3 -m py_compile a.py",
    after: { "a.py": "def f(x):  # comment\n    return x\n" },
  },
  {
    fixer: "python-assignment-in-condition",
    name: "= for ==",
    files: { "a.py": "x = 1\nif x = 1:\n    print(x)\n" },
    command: "python3 a.py",
    after: { "a.py": "x = 1\nif x == 1:\n    print(x)\n" },
  },
  {
    fixer: "python-two-syntax",
    name: "a print statement",
    files: { "a.py": 'print "hello"\n' },
    command: "python3 a.py",
    after: { "a.py": 'print("hello")\n' },
  },
  {
    fixer: "python-two-syntax",
    name: "except with a comma",
    files: { "a.py": "try:\n    pass\nexcept ValueError, error:\n    raise\n" },
    command: "python3 a.py",
    after: { "a.py": "try:\n    pass\nexcept ValueError as error:\n    raise\n" },
  },
  {
    fixer: "python-renamed",
    name: "collections.Mapping",
    files: { "a.py": "import collections\n\nassert isinstance({}, collections.Mapping)\n" },
    command: "python3 a.py",
    after: { "a.py": "import collections.abc\n\nassert isinstance({}, collections.abc.Mapping)\n" },
  },
  {
    fixer: "python-renamed",
    name: "JSON's words",
    files: { "a.py": 'X = {"a": null, "b": true, "null": "true"}\n' },
    command: "python3 a.py",
    after: { "a.py": 'X = {"a": None, "b": True, "null": "true"}\n' },
  },
  {
    fixer: "python-unclosed-bracket",
    name: "a bracket left open",
    files: { "a.py": "x = max(1, min(2, 3)\nprint(x)\n" },
    command: "python3 a.py",
    after: { "a.py": "x = max(1, min(2, 3))\nprint(x)\n" },
  },
  {
    fixer: "python-unterminated-string",
    name: "a quote left open",
    files: { "a.py": 'print("hello)\n' },
    command: "python3 a.py",
    after: { "a.py": 'print("hello")\n' },
  },
  {
    fixer: "misspelt-identifier",
    name: "Python's own suggestion",
    files: { "a.py": "import math\n\nprint(math.sqr(4))\n" },
    command: "python3 a.py",
    after: { "a.py": "import math\n\nprint(math.sqrt(4))\n" },
  },
  {
    fixer: "misspelt-identifier",
    name: "a pytest fixture, where tests are not protected",
    files: { "test_a.py": "def test_a(tmp_pth):\n    path = tmp_pth\n    assert path\n" },
    command: "pytest -q -p no:cacheprovider",
    after: { "test_a.py": "def test_a(tmp_path):\n    path = tmp_path\n    assert path\n" },
  },

  {
    fixer: "missing-init-py",
    name: "a package with the name of a standard module",
    files: { "code/helpers.py": "X = 1\n", "a.py": "import code.helpers\n\nprint(code.helpers.X)\n" },
    command: "python3 a.py",
    after: { "code/__init__.py": "" },
  },
  {
    fixer: "missing-init-py",
    name: "where unittest starts",
    files: {
      "checks/test_a.py":
        "import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(1, 1)\n",
    },
    command: "python3 -m unittest discover -s checks -t .",
    after: { "checks/__init__.py": "" },
  },
  {
    fixer: "python-missing-self",
    name: "a method without arguments",
    files: {
      "a.py": "class A:\n    def f():\n        return 1\n\n    def g(x):\n        return x\n\n\nprint(A().f())\n",
    },
    command: "python3 a.py",
    after: {
      "a.py": "class A:\n    def f(self):\n        return 1\n\n    def g(x):\n        return x\n\n\nprint(A().f())\n",
    },
  },
  {
    fixer: "python-encoding",
    name: "an encoding that does not exist",
    files: { "a.py": '# -*- coding: utf8x -*-\nprint("ä")\n' },
    command: "python3 a.py",
    after: { "a.py": '# -*- coding: utf-8 -*-\nprint("ä")\n' },
  },
  {
    fixer: "python-encoding",
    name: "a source in Latin-1",
    files: { "a.py": 'print("ae")\n' },
    setup: `printf 'print("\\344")\\n' > a.py`,
    command: "python3 a.py",
    after: { "a.py": 'print("ä")\n' },
  },
  {
    fixer: "python-type-annotation",
    name: "mypy, a list and a dict",
    followedBy: ["python-type-annotation"],
    files: { "a.py": 'names = []\ncounts = {}\n\n\ndef add() -> None:\n    names.append("a")\n    counts["a"] = 1\n' },
    command: "mypy a.py",
    after: {
      "a.py":
        'names: list[str] = []\ncounts: dict[str, int] = {}\n\n\ndef add() -> None:\n    names.append("a")\n    counts["a"] = 1\n',
    },
    slow: "starts mypy often",
  },
  {
    fixer: "ruff-fix",
    name: "an unused import",
    files: { "a.py": "import os\nimport sys\n\nprint(sys.argv)\n" },
    command: "ruff check --no-cache .",
    after: { "a.py": "import sys\n\nprint(sys.argv)\n" },
  },
  {
    fixer: "missing-python-dependency",
    name: "one that the tests' requirements name",
    files: {
      "requirements.txt": "",
      "requirements-dev.txt": "six==1.17.0\n",
      "a.py": "import six\n\nprint(six.__version__)\n",
    },
    command:
      "python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --target .deps -r requirements.txt && PYTHONPATH=.deps python3 -S a.py",
    after: { "requirements.txt": "six==1.17.0\n" },
    slow: "asks the Python package index",
  },
  {
    fixer: "pip-conflict",
    name: "a pin that another package forbids",
    files: { "requirements.txt": "urllib3==2.0.0\nrequests==2.25.1\n" },
    command: "python3 -m pip install --disable-pip-version-check --dry-run --ignore-installed -r requirements.txt",
    after: { "requirements.txt": "urllib3<1.27,>=1.21.1\nrequests==2.25.1\n" },
    slow: "asks the Python package index",
  },
  {
    fixer: "python-requires",
    name: "an upper end that has passed",
    files: {
      "setup.cfg": "[metadata]\nname = p\nversion = 1.0\n\n[options]\npy_modules = p\npython_requires = >=3.8,<3.10\n",
      "setup.py": "from setuptools import setup\n\nsetup()\n",
      "p.py": "X = 1\n",
    },
    command: "python3 -m pip install --disable-pip-version-check --no-deps --target .out .",
    after: {
      "setup.cfg": "[metadata]\nname = p\nversion = 1.0\n\n[options]\npy_modules = p\npython_requires = >=3.8\n",
    },
    slow: "asks the Python package index",
  },
  {
    fixer: "deprecated-name",
    name: "a method of the standard library",
    files: { "a.py": 'import logging\n\nlogging.getLogger().warn("x")\n' },
    command: "python3 -W error::DeprecationWarning a.py",
    after: { "a.py": 'import logging\n\nlogging.getLogger().warning("x")\n' },
  },
  {
    fixer: "python-import-name",
    name: "what a package no longer passes on",
    files: {
      "shop/__init__.py": 'from .cart import Cart\n\n__all__ = ["Cart", "Empty"]\n',
      "shop/cart.py": "class Empty(Exception):\n    pass\n\n\nclass Cart:\n    pass\n",
      "main.py": "from shop import Cart, Empty\n\nprint(Cart(), Empty)\n",
    },
    command: "python3 main.py",
    after: { "shop/__init__.py": 'from .cart import Cart, Empty\n\n__all__ = ["Cart", "Empty"]\n' },
  },
  {
    fixer: "python-module-path",
    name: "a module whose file was renamed",
    files: {
      "shop/__init__.py": "",
      "shop/carts.py": "size = 1\n",
      "shop/price.py": "from .cart import size\n\nprice = size * 2\n",
      "main.py": "from shop.cart import size\nfrom shop.price import price\n\nprint(size, price)\n",
    },
    command: "python3 main.py",
    after: {
      "shop/price.py": "from .carts import size\n\nprice = size * 2\n",
      "main.py": "from shop.carts import size\nfrom shop.price import price\n\nprint(size, price)\n",
    },
  },
  {
    fixer: "python-module-path",
    name: "a misspelt module that mypy passes over",
    files: {
      "mypy.ini": "[mypy]\nstrict = true\nignore_missing_imports = true\n",
      "shop/__init__.py": "",
      "shop/rates.py": "def rate() -> int:\n    return 2\n",
      "shop/price.py": "from .rate import rate\n\n\ndef price() -> int:\n    return rate()\n",
    },
    command: "mypy shop",
    after: { "shop/price.py": "from .rates import rate\n\n\ndef price() -> int:\n    return rate()\n" },
  },
  {
    fixer: "python-return-annotation",
    name: "a function that returns nothing",
    files: {
      "mypy.ini": "[mypy]\nstrict = true\n",
      "a.py": "def tell(name: str):\n    print(name)\n",
    },
    command: "mypy a.py",
    after: { "a.py": "def tell(name: str) -> None:\n    print(name)\n" },
  },
  {
    fixer: "python-return-annotation",
    name: "another type than it returns",
    files: { "a.py": 'def size(name: str) -> str:\n    return len(name)\n\n\nprint(size("a") + 1)\n' },
    command: "mypy a.py",
    after: { "a.py": 'def size(name: str) -> int:\n    return len(name)\n\n\nprint(size("a") + 1)\n' },
  },
  {
    fixer: "python-missing-colon",
    name: "as ruff says it",
    files: { "a.py": "def size(name):\n    if name == 1\n        return 2\n    return 3\n" },
    command: "ruff check a.py",
    after: { "a.py": "def size(name):\n    if name == 1:\n        return 2\n    return 3\n" },
  },
  {
    fixer: "misspelt-identifier",
    name: "a class whose name a variable has in small letters, as ruff says it",
    files: {
      "a.py":
        "class Account:\n    pass\n\n\ndef make():\n    account = Acount()\n    return account\n\n\nprint(make(), Account)\n",
    },
    command: "ruff check a.py",
    after: {
      "a.py":
        "class Account:\n    pass\n\n\ndef make():\n    account = Account()\n    return account\n\n\nprint(make(), Account)\n",
    },
  },
  {
    fixer: "argument-count",
    name: "arguments too many, as mypy says it",
    files: {
      "a.py": "def add(a: int, b: int) -> int:\n    return a + b\n\n\nprint(add(1, 2, 3))\n",
    },
    command: "mypy a.py",
    after: { "a.py": "def add(a: int, b: int) -> int:\n    return a + b\n\n\nprint(add(1, 2))\n" },
  },
];
