#!/usr/bin/env bash
# Builds cargo-http-registry, a registry for crates that the tests publish to, and prints the directory of its program.
# Needs Rust's cargo. Programs that talk to it want CARGO_NET_GIT_FETCH_WITH_CLI=true: its index is a git repository.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

install_cargo_tool cargo-http-registry 0.1.8
echo "$TOOLS/cargo-http-registry-0.1.8/bin"
