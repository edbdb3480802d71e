#!/usr/bin/env bash
# Builds the documentation strictly: a broken link or an unknown page fails. Needs scripts/install-mkdocs.sh once.
set -euo pipefail
cd "$(dirname "$0")/.."
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
# The theme's notice about a successor is not about these pages.
export NO_MKDOCS_2_WARNING=1
"$(bash scripts/install-mkdocs.sh --path)/mkdocs" build --strict --quiet --site-dir "$site"
echo "documentation: $(find "$site" -name '*.html' | wc -l) pages"
