#!/usr/bin/env bash
# Puts etcd, kube-apiserver, kube-controller-manager and kubectl into a folder: downloaded by setup-envtest what it offers, built from the Go modules pinned in
# this folder what is left. A second call does nothing.
set -euo pipefail

dest=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

# The version of k8s.io/kubernetes in go.mod decides everything.
version=$(awk '$1 == "k8s.io/kubernetes" {print $2}' "$here/go.mod")
minor=${version%.*}
minor=${minor#v1.}

mkdir -p "$dest"
stamp=$dest/.version
wanted="$version $(cksum <"$here/go.sum")"
if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi
rm -f "$stamp"

# setup-envtest answers at once when it cannot download. It has no kube-controller-manager.
download() {
  local assets name
  echo "looking for etcd, kube-apiserver and kubectl 1.$minor to download ..."
  if ! assets=$(cd "$root" && go tool -modfile=hack/tools/go.mod setup-envtest use "1.$minor.x" --bin-dir "$dest/download" -p path 2>"$dest/download.log"); then
    echo "nothing to download here, they are built instead"
    return
  fi
  for name in etcd kube-apiserver kubectl; do
    install -m 0755 "$assets/$name" "$dest/$name"
    downloaded+=("$name")
  done
}

# build NAME PACKAGE MINUTES
build() {
  local name=$1 package=$2 estimate=$3 flags
  if [[ " ${downloaded[*]} " == *" $name "* ]]; then
    return
  fi
  echo "building $name ($estimate the first time) ..."
  flags="-s -w"
  for setting in gitVersion="$version" gitMajor=1 gitMinor="$minor" gitTreeState=clean; do
    flags+=" -X k8s.io/component-base/version.$setting"
  done
  (cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$dest/$name.partial" "$package")
  mv "$dest/$name.partial" "$dest/$name"
}

downloaded=()
download
build etcd go.etcd.io/etcd/server/v3 "about half a minute"
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver "about two minutes"
build kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager "about a minute"
build kubectl k8s.io/kubernetes/cmd/kubectl "about half a minute"
echo "$wanted" >"$stamp"
echo "the control plane is in ${dest#"$root"/}"
