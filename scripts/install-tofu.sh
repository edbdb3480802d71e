#!/usr/bin/env bash
# Builds OpenTofu from its Go module and prints the directory of its program. Needs Go.
# `go install` refuses a module with replace directives, so it is built from a wrapper module that has the same ones.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

version=1.12.6
module=github.com/opentofu/opentofu
directory="$TOOLS/tofu-$version"

build() {
  command -v go >/dev/null 2>&1 || { say "Go is missing: install Go 1.25 or newer"; exit 1; }
  local scratch manifest
  scratch=$(mktemp -d)
  manifest=$(cd "$scratch" && go mod download -json "$module@v$version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
  sed -e "s|^module .*|module wrapper|" "$manifest" >"$scratch/go.mod"
  echo "require $module v$version" >>"$scratch/go.mod"
  printf 'package wrapper\n\nimport _ "%s/version"\n' "$module" >"$scratch/wrapper.go"
  say "building OpenTofu $version (some minutes)"
  (
    cd "$scratch"
    nice -n "${BUILD_NICENESS:-19}" go build -mod=mod -trimpath -ldflags "-s -w -X $module/version.dev=no" -o "$scratch/tofu" "$module/cmd/tofu"
  ) >"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log" >&2; exit 1; }
  mkdir -p "$directory/bin"
  mv "$scratch/tofu" "$directory/bin/tofu"
  rm -rf "$scratch"
}

if [ ! -x "$directory/bin/tofu" ]; then build; fi
echo "$directory/bin"
