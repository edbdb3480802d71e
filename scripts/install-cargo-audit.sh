#!/usr/bin/env bash
# Builds cargo-audit from its registry's sources, as its own lock file says, and prints the directory of its program.
# Needs Rust. The advisory database is fetched by the program when it scans, not here.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

version=0.22.2
install_cargo_tool cargo-audit "$version"
echo "$TOOLS/cargo-audit-$version/bin"
