#!/bin/sh
# Install the servers that the tests use and that are missing, where that is allowed: as root, on a system with apt-get.
# Each failure is told, none is an error here: without a server, the tests that need it are skipped with the reason, or use
# another (PostgreSQL comes with the `pgserver` wheel, too: see postgres.py).
set -u
PATH=$PATH:/usr/sbin:/usr/local/sbin # where servers are, though not on everybody's PATH

there() { # whether one of the programs is there
    for program; do
        command -v "$program" >/dev/null && return 0
    done
    return 1
}

install() { # the first of the packages that this system has
    for package; do
        if apt-get install -y -qq --no-install-recommends $package >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

need() { # need NAME PACKAGES…: PACKAGES are alternatives, each one or more packages
    name=$1
    shift
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "$name is not installed, and only root with apt-get can install it here."
        return
    fi
    echo "Installing $name from the packages of this system …"
    if [ -z "$updated" ]; then
        apt-get update -qq
        updated=1
    fi
    install "$@" || echo "$name could not be installed."
}

updated=
export DEBIAN_FRONTEND=noninteractive
there /usr/lib/postgresql/*/bin/postgres || need PostgreSQL postgresql
# The `core` packages have the programs without a server that starts with the system.
there mariadbd && there mariadb-install-db && there my_print_defaults ||
    need MariaDB 'mariadb-server-core mariadb-client-core' mariadb-server
there redis-server || need Redis redis-server
there java || need Java openjdk-17-jre-headless default-jre-headless
there mvn || need Maven maven
