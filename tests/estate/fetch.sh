#!/bin/sh
# Fetch the jars of pom.xml into .jars/ by Maven, and check that each is the one that jars.sha256 names. With `pin`, write
# that file first, after a change of pom.xml. Where Maven or its repository cannot be had, the tests that need the jars
# say so (see jvm.py).
set -eu
cd "$(dirname "$0")"

if ! command -v mvn >/dev/null; then
    echo 'The jars of Kafka and Debezium cannot be fetched: Maven (mvn) is not installed.'
    exit 0
fi
echo 'Fetching Kafka and Debezium …'
rm -rf .jars .jars.new
if ! mvn -q -B -C -Dstyle.color=never -f pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/.jars.new"; then
    echo 'The jars of Kafka and Debezium could not be fetched.'
    exit 0
fi
cd .jars.new
if [ "${1:-}" = pin ]; then
    sha256sum -- *.jar >../jars.sha256
fi
sha256sum --quiet --check --strict ../jars.sha256
if [ "$(ls | wc -l)" -ne "$(wc -l <../jars.sha256)" ]; then
    echo 'Maven fetched jars that jars.sha256 does not name.'
    exit 1
fi
touch .complete
cd ..
mv .jars.new .jars
