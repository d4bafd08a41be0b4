#!/bin/sh
# Install PostgreSQL for the tests where that is allowed: as root, on a system with apt-get, when no server is there.
# Elsewhere, and when it fails, the tests use the PostgreSQL of the `pgserver` wheel (see postgres.py).
set -eu

if ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo 'PostgreSQL is not installed, and only root with apt-get can install it here.'
    exit 0
fi
echo 'Installing PostgreSQL from the packages of this system …'
export DEBIAN_FRONTEND=noninteractive
if apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null; then
    exit 0
fi
echo 'PostgreSQL could not be installed.'
