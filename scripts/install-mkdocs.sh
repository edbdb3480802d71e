#!/usr/bin/env bash
# Installs MkDocs with the Material theme into a private environment and prints the directory of its programs.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

name=mkdocs-1.6.1-material-9.8.1
install_python_tool "$name" mkdocs==1.6.1 mkdocs-material==9.8.1
echo "$TOOLS/$name/bin"
