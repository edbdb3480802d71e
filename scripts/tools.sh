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
