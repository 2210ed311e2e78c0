#!/usr/bin/env bash
# Adds a release to the table of the action: VERSION, and a file as sha256sum writes it.
set -euo pipefail
here=$(cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$1 sums=$2

if grep -q "^$version " "$here/versions.txt"; then
  echo "$version is in the table already; what was released does not change" >&2
  exit 1
fi
rows=$(sed -nE "s/^([0-9a-f]{64})  modelgate-${version//./\\.}-(.+)\.tar\.gz\$/$version \2 \1/p" "$sums")
[[ -n $rows ]] || { echo "$sums has no archive of $version" >&2; exit 1; }
printf '%s\n' "$rows" >> "$here/versions.txt"
