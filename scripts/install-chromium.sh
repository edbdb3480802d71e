#!/usr/bin/env bash
# Makes a Chromium available through the distribution's package and prints its path. Its version is the distribution's:
# browsers are only safe when they are current.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

find_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

if ! find_browser >/dev/null; then install_packages chromium; fi
find_browser
