#!/bin/sh
# Makes a PostgreSQL server's programs available for the integration tests: uses what is on the machine, else installs
# the distribution's package by name through apt. Nothing is started: the tests run a private cluster of their own.
set -eu

VERSION="${POSTGRES_VERSION:-15}"

if command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
  echo "PostgreSQL is there"
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "install-postgres: no PostgreSQL, and no apt-get to install it with: install a PostgreSQL server by hand" >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo"; fi
# The package would create and start a cluster; the tests have no use for it.
$as_root mkdir -p /etc/postgresql-common
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
$as_root apt-get update
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "postgresql-$VERSION"
