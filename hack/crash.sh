#!/usr/bin/env bash
# Runs the crash tests with the flags and packages given, and prints what they have counted besides what fails.
set -euo pipefail

cd "$(dirname "$0")/.."
go test -v "$@" 2>&1 | grep --line-buffered --invert-match --extended-regexp '^(=== |PASS$|[[:space:]]+--- PASS)'
