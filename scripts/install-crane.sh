#!/usr/bin/env bash
# Builds crane, a client of container registries that can also serve one, and prints the directory of its program.
# Needs Go.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

install_go_tool crane 0.22.1 github.com/google/go-containerregistry/cmd/crane
echo "$TOOLS/crane-0.22.1/bin"
