# shellcheck shell=bash
# Sourced by the install scripts: where tools go, and Python tools in private environments.

TOOLS="${CODEMONKEYS_TOOLS:-$HOME/.cache/codemonkeys/tools}"

say() { echo "$*" >&2; }

# install_python_tool DIRECTORY PACKAGE==VERSION… : a virtual environment that is there whole or not at all.
install_python_tool() {
  local directory="$TOOLS/$1"
  shift
  if [ -e "$directory/complete" ] && "$directory/bin/python" -c "" 2>/dev/null; then return; fi
  say "installing $*"
  rm -rf "$directory"
  mkdir -p "$TOOLS"
  python3 -m venv "$directory"
  "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@" >&2
  touch "$directory/complete"
}

# install_packages NAME… : the distribution's packages, those that are missing.
install_packages() {
  local missing=() name
  for name in "$@"; do
    if ! dpkg-query --show --showformat='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed; then
      missing+=("$name")
    fi
  done
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  if ! command -v apt-get >/dev/null 2>&1; then
    say "missing: ${missing[*]}, and there is no apt-get to install them with: install them by hand"
    exit 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update --quiet >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${missing[@]}" >&2
}

# install_cargo_tool NAME VERSION : a Rust program with its locked dependencies, in NAME-VERSION/bin, whole or not at all.
install_cargo_tool() {
  local directory="$TOOLS/$1-$2"
  if [ -x "$directory/bin/$1" ]; then return; fi
  command -v cargo >/dev/null 2>&1 || { say "cargo is missing: install Rust"; exit 1; }
  say "building $1 $2 (some minutes)"
  local scratch
  scratch=$(mktemp -d)
  CARGO_TARGET_DIR="$scratch/target" nice -n 19 cargo install "$1" --version "$2" --locked --quiet --root "$scratch/root" >&2
  mkdir -p "$TOOLS"
  rm -rf "$directory"
  mv "$scratch/root" "$directory"
  rm -rf "$scratch"
}

# install_go_tool NAME VERSION PACKAGE : a Go program, in NAME-VERSION/bin.
install_go_tool() {
  local directory="$TOOLS/$1-$2"
  if [ -x "$directory/bin/$1" ]; then return; fi
  command -v go >/dev/null 2>&1 || { say "Go is missing: install Go 1.24 or newer"; exit 1; }
  say "building $1 $2"
  GOBIN="$directory/bin" nice -n 19 go install "$3@v$2" >&2
}
