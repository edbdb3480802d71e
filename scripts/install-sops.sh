#!/usr/bin/env bash
# Builds SOPS from its Go module, takes age from the distribution, and prints the directory of their programs.
# Needs Go. The program itself finds both on PATH; `export PATH="$(scripts/install-sops.sh):$PATH"` puts them there.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

version=3.13.3
directory="$TOOLS/sops-$version"

install_packages age
install_go_tool sops "$version" github.com/getsops/sops/v3/cmd/sops
ln -sf "$(command -v age)" "$(command -v age-keygen)" "$directory/bin/"
echo "$directory/bin"
