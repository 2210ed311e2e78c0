#!/usr/bin/env bash
# Where the folder of the run and the cache will be, as the steps after this one need to know.
# Relative to the workspace where they can be: the cache is found again by the very text of its path.
set -euo pipefail
# shellcheck source=say.sh
source "$(dirname "${BASH_SOURCE[0]}")/say.sh"

case "$INPUT_CACHE" in
  true | false) ;;
  *) fail "cache is «$INPUT_CACHE»" 'write true or false' ;;
esac

directory=${INPUT_WORKING_DIRECTORY:-.}
[[ -d $directory ]] ||
  fail "working-directory «$directory» is no folder of the workspace" \
    'is the repository checked out before this step?'

# The first path and the second, or the second alone where it is absolute; without what changes nothing.
join() {
  local path=$1/$2
  case "${RUNNER_OS:-}:$2" in
    *:/* | Windows:[A-Za-z]:*) path=$2 ;;
  esac
  while [[ $path == ./?* ]]; do path=${path#./}; done
  while [[ $path == *//* || $path == */./* ]]; do
    path=${path//\/.\//\/}
    path=${path//\/\//\/}
  done
  printf '%s' "${path%/.}"
}

# Windows takes both kinds of slash; the actions after this one take the one.
slashes() {
  if [[ ${RUNNER_OS:-} == Windows ]]; then printf '%s' "${1//\\//}"; else printf '%s' "$1"; fi
}

config=$(slashes "$INPUT_CONFIG")
run_dir=$(slashes "$INPUT_RUN_DIR")
directory=$(slashes "$directory")
if [[ -n $run_dir ]]; then
  folder=$(join "$directory" "${run_dir%/}")
else
  folder=$(join "$(join "$directory" "$(dirname "${config:-modelgate.yml}")")" .modelgate)
fi
case "$folder" in
  '!'* | '#'* | '~'*) folder=./$folder ;;
esac

output folder "$folder"
output cache "$folder/cache"
# A comma ends a key, and the name of a job has none.
output cache-prefix "modelgate-${RUNNER_OS:-any}-${RUNNER_ARCH:-any}-${GITHUB_JOB:-job}-"
