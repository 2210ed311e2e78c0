#!/usr/bin/env bash
# Puts the modelgate that this commit of the action vouches for into RUNNER_TEMP, and says where.
# Nothing runs whose SHA-256 is not that of versions.txt, be it downloaded or found on the runner.
set -euo pipefail
here=$(cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=say.sh
source "$here/say.sh"

main() {
  if [[ -n $INPUT_BINARY_PATH ]]; then
    use "$(absolute "$INPUT_BINARY_PATH")"
    return
  fi

  local version target expected kept
  version=${INPUT_VERSION:-$(cat "$here/version.txt")}
  version=${version#v}
  target=$(target)
  expected=$(expected "$version" "$target")
  kept="${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/modelgate/$version/$target/modelgate.tar.gz"
  folder="$RUNNER_TEMP/modelgate-$version"
  trap 'rm -rf "$folder"' EXIT
  rm -rf "$folder"
  mkdir -p "$folder"
  if [[ -e $kept ]]; then
    # A copy is proved and unpacked, which nobody can exchange in between.
    cp "$kept" "$folder/archive"
    same "$expected" ||
      fail "$kept is not release $version: its SHA-256 is $(sha256 < "$folder/archive") and not $expected" \
        'somebody or something has changed it; find out who, delete it, and run the job again'
    echo "modelgate $version is on this runner already"
  else
    download "$version" "$target" "$expected"
    keep "$kept" || echo "it is not kept for later jobs: $kept cannot be written"
  fi
  unpack
  trap - EXIT
}

# Checks that a program runs, and tells the steps after this one where it is.
use() {
  local told
  [[ -f $1 && -x $1 ]] || fail "binary-path «$1» is no program" 'give the path of a modelgate for this runner'
  told=$("$1" --version) || fail "«$1» does not run on this runner" 'is it made for this system and processor?'
  case "$told" in
    'modelgate '*) ;;
    *) fail "«$1» is not modelgate" 'give the path of a modelgate for this runner' ;;
  esac
  output binary "$1"
  output version "${told#modelgate }"
  echo "$told"
}

absolute() {
  case "${RUNNER_OS:-}:$1" in
    *:/* | Windows:[A-Za-z]:*) printf '%s' "$1" ;;
    *) printf '%s' "$PWD/$1" ;;
  esac
}

target() {
  case "${RUNNER_OS:-}/${RUNNER_ARCH:-}" in
    Linux/X64) echo x86_64-unknown-linux-musl ;;
    Linux/ARM64) echo aarch64-unknown-linux-musl ;;
    macOS/X64) echo x86_64-apple-darwin ;;
    macOS/ARM64) echo aarch64-apple-darwin ;;
    Windows/X64) echo x86_64-pc-windows-msvc ;;
    *)
      fail "there is no modelgate for a runner of «${RUNNER_OS:-}» on «${RUNNER_ARCH:-}»" \
        'build it from source and give its path as binary-path'
      ;;
  esac
}

# The SHA-256 that the table has for a release.
expected() {
  local version target sum known=''
  while read -r version target sum; do
    case "$version" in '' | '#'*) continue ;; esac
    if [[ $version == "$1" && $target == "$2" ]]; then
      [[ $sum =~ ^[0-9a-f]{64}$ ]] ||
        fail "the table of this action has no SHA-256 for $1 on $2" 'pin the action to another commit'
      printf '%s' "$sum"
      return
    fi
    [[ $target != "$2" ]] || known="$known $version"
  done < <(tr -d '\r' < "$here/versions.txt")
  if [[ -n $known ]]; then
    fail "this commit of the action does not know release «$1» for $2" \
      "it knows$known; ask for one of these, or pin the action to a commit that knows yours"
  fi
  fail "this commit of the action does not know release «$1» for $2, nor any other" \
    'pin the action to a commit that knows one, or build modelgate from source and give its path as binary-path'
}

same() {
  [[ $(sha256 < "$folder/archive") == "$1" ]]
}

download() {
  local url repository
  repository=$(repository)
  url="${GITHUB_SERVER_URL:-https://github.com}/$repository/releases/download/v$1/modelgate-$1-$2.tar.gz"
  echo "downloading $url"
  curl --proto '=https' --tlsv1.2 --retry 3 --fail --location --silent --show-error \
    --connect-timeout 20 --max-time 300 --output "$folder/archive" "$url" ||
    fail "$url could not be downloaded" \
      'run the job again; a runner without that way out gives the path of a modelgate as binary-path'
  same "$3" ||
    fail "what $url gave is not release $1: its SHA-256 is $(sha256 < "$folder/archive") and not $3" \
      'run the job again; if it stays so, do not use it, and tell the maintainers'
  attested "$repository"
}

# Keeps the archive for later jobs; whole, or not at all.
keep() {
  { mkdir -p "$(dirname "$1")" && cp "$folder/archive" "$1.$$" && mv -f "$1.$$" "$1"; } 2> /dev/null
}

# Where the releases are: the action's own repository. A composite action is not always told its name.
repository() {
  local name=${ACTION_REPOSITORY:-${GITHUB_ACTION_REPOSITORY:-}} path=${GITHUB_ACTION_PATH:-}
  path=${path//\\//}
  if [[ $name == */* && $name != actions/* ]]; then
    printf '%s' "$name"
  elif [[ $path =~ /_actions/([^/]+/[^/]+)/ ]]; then
    printf '%s' "${BASH_REMATCH[1]}"
  else
    # uses: ./
    printf '%s' "$GITHUB_REPOSITORY"
  fi
}

# Whether GitHub attests that the repository's own workflow made the archive: one more proof where it can be had.
attested() {
  if ! command -v gh > /dev/null || [[ -z ${GH_TOKEN:-} ]]; then
    echo 'its provenance is not checked: that needs gh and a token'
    return
  fi
  gh attestation verify "$folder/archive" --repo "$1" ||
    fail "GitHub does not attest that $1 made this archive" 'do not use it, and tell the maintainers'
}

unpack() {
  local name=modelgate
  [[ ${RUNNER_OS:-} != Windows ]] || name=modelgate.exe
  # By standard input, because tar takes the colon of C:\ for the name of a machine.
  tar -xzf - -C "$folder" "$name" < "$folder/archive" ||
    fail "$folder/archive cannot be unpacked" 'is the disk of the runner full?'
  rm "$folder/archive"
  use "$folder/$name"
}

main
