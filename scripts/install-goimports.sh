#!/usr/bin/env bash
# Builds goimports and prints the directory of its program. Needs Go. Only the tests need it.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

install_go_tool goimports 0.52.0 golang.org/x/tools/cmd/goimports
echo "$TOOLS/goimports-0.52.0/bin"
