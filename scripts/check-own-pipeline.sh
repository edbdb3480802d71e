#!/usr/bin/env bash
# This repository is a product and its own organisation: checks its constitution and that its generated files are what
# constitution and spec say now. `--write` brings them up to date. State and configuration are scratch.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git clone --quiet --bare . "$scratch/organisation.git"
git -C "$scratch/organisation.git" update-ref refs/heads/checked "$(git rev-parse HEAD)"
export CODEMONKEYS_CONFIG_HOME="$scratch/config" CODEMONKEYS_STATE="$scratch/state" CODEMONKEYS_CACHE="$scratch/cache"
export CODEMONKEYS_ORGANISATION="$scratch/organisation.git#checked"
node bin/codemonkeys.js constitution check constitution.yaml
if [ "${1:-}" = --write ]; then
  node bin/codemonkeys.js generate
else
  node bin/codemonkeys.js generate --check
fi
