#!/usr/bin/env bash
# Installs buildah from the distribution and prints the directory of its program. It builds container images without a
# daemon: with --isolation chroot and --storage-driver vfs also where there are no namespaces to be had.
set -euo pipefail
. "$(dirname "$0")/tools.sh"

install_packages buildah
dirname "$(command -v buildah)"
