#!/usr/bin/env bash
# Fails if something generated differs from what was committed, if a file is not committed, or if a folder of config/ cannot be built. `make verify` generates first.
set -euo pipefail

cd "$(dirname "$0")/.."
failed=0

echo "verify: the modules are tidy"
go mod tidy -diff || failed=1

echo "verify: every folder of config/ builds"
for folder in config/*/; do
  [[ -f ${folder}kustomization.yaml ]] || continue
  go tool -modfile=hack/tools/go.mod kustomize build "$folder" >/dev/null || failed=1
done

echo "verify: no difference and no untracked file"
if [[ -n $(git status --porcelain) ]]; then
  git status --short
  git --no-pager diff
  echo "verify: commit the above, or what 'make generate manifests' made of it"
  failed=1
fi

((failed == 0)) && echo "verify: ok"
exit "$failed"
