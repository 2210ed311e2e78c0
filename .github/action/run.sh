#!/usr/bin/env bash
# Becomes modelgate.
set -euo pipefail
# shellcheck source=say.sh
source "$(dirname "${BASH_SOURCE[0]}")/say.sh"

# Divided at blanks and line breaks; nothing is expanded and nothing evaluated.
command=${INPUT_COMMAND//[$'\r\n']/ }
case "$command" in
  *[\"\'\\\`\$]*)
    fail "command is «$INPUT_COMMAND»; quotes, backslashes and dollar signs mean nothing there" \
      'give paths with spaces by the inputs config and run-dir, and the rest by MODELGATE_… variables'
    ;;
esac
read -r -a words <<< "$command" || true
[[ ${#words[@]} -gt 0 ]] || fail 'command is empty' 'write a command such as run'

options=()
[[ -z $INPUT_CONFIG ]] || options+=(--config "$INPUT_CONFIG")
[[ -z $INPUT_RUN_DIR ]] || options+=(--run "$INPUT_RUN_DIR")
binary=$INPUT_BINARY
cd -- "${INPUT_WORKING_DIRECTORY:-.}"

# An empty token is none. What is the action's own is nobody else's.
[[ -n ${GITHUB_TOKEN:-} ]] || unset GITHUB_TOKEN
unset INPUT_COMMAND INPUT_CONFIG INPUT_RUN_DIR INPUT_WORKING_DIRECTORY INPUT_BINARY
exec "$binary" ${options[@]+"${options[@]}"} "${words[@]}"
