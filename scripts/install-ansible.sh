#!/usr/bin/env bash
# Installs ansible-core and ansible-lint into a private environment and prints the directory of their programs.
# The program itself needs this only where it should not install ansible-core on first use.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

name=ansible-core-2.19.14-lint-26.10.1
install_python_tool "$name" ansible-core==2.19.14 ansible-lint==26.10.1
echo "$TOOLS/$name/bin"
