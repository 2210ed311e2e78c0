#!/usr/bin/env bash
# Adds a release to the tables of the action and of the include, and to the documents what the include's file is then:
# VERSION, and a file as sha256sum writes it.
set -euo pipefail
here=$(cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
version=$1 sums=$2

if grep -q "^$version " "$here/versions.txt"; then
  echo "$version is in the table already; what was released does not change" >&2
  exit 1
fi
rows=$(sed -nE "s/^([0-9a-f]{64})  modelgate-${version//./\\.}-(.+)\.tar\.gz\$/$version \2 \1/p" "$sums")
[[ -n $rows ]] || { echo "$sums has no archive of $version" >&2; exit 1; }
printf '%s\n' "$rows" >> "$here/versions.txt"

# Before the quote that ends the table.
include=$top/gitlab/modelgate.yml
awk -v rows="$rows" '
  /^ *releases=\047$/ { inside = 1 }
  inside && /^ *\047$/ {
    indent = $0
    sub(/\047/, "", indent)
    count = split(rows, row, "\n")
    for (at = 1; at <= count; at++) print indent row[at]
    inside = 0
  }
  { print }
' "$include" > "$include.new"
mv "$include.new" "$include"
integrity=$(openssl dgst -sha256 -binary "$include" | openssl base64)
for document in "$top/README.md" "$top/docs/gitlab.md"; do
  sed "s|integrity: sha256-[A-Za-z0-9+/=]*|integrity: sha256-$integrity|" "$document" > "$document.new"
  mv "$document.new" "$document"
done
