#!/usr/bin/env bash
# Installs mypy and ruff into a private environment and prints the directory of their programs. Only the tests need them.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

name=mypy-2.4.1-ruff-0.17.6
install_python_tool "$name" mypy==2.4.1 ruff==0.17.6
echo "$TOOLS/$name/bin"
