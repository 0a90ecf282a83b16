#!/usr/bin/env bash
# Runs every fuzz target for a while, one after another, and fails with the first that finds something. What it found is then a file below the testdata/fuzz of
# its package: keep it as a test.
#
#   hack/fuzz.sh DURATION [PATTERN]    as 60s, and a part of the targets' names
set -euo pipefail

duration=$1
pattern=${2:-}
cd "$(dirname "$0")/.."

count=0
while IFS=: read -r file declaration; do
  target=${declaration#func }
  target=${target%%(*}
  if [[ $target != *"$pattern"* ]]; then
    continue
  fi
  echo "$(dirname "$file") $target"
  go test -run='^$' -fuzz="^$target\$" -fuzztime="$duration" ${FUZZ_FLAGS:-} "./$(dirname "$file")" | grep -v 'gathering baseline coverage'
  count=$((count + 1))
done < <(grep -r --include='*_test.go' '^func Fuzz' internal | sort)
echo "fuzz: $count targets ran for $duration each and found nothing"
