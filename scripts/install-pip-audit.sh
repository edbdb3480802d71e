#!/usr/bin/env bash
# Installs pip-audit into a private environment and prints the directory of its program.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

name=pip-audit-2.10.1
install_python_tool "$name" pip-audit==2.10.1
echo "$TOOLS/$name/bin"
