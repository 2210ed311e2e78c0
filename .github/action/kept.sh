#!/usr/bin/env bash
# The key by which the cache of steps is saved: what is in it, by name. Objects and steps are named by digests
# of their own, so other names are other content, and the same names need no second copy.
set -euo pipefail
# shellcheck source=say.sh
source "$(dirname "${BASH_SOURCE[0]}")/say.sh"

# These run with the rights of the default branch, which would find what a stranger's commands have put there.
case "${GITHUB_EVENT_NAME:-}" in
  pull_request_target | workflow_run | issue_comment)
    echo "what a job of the event $GITHUB_EVENT_NAME has made is not kept"
    exit 0
    ;;
esac
if [[ ! -d $CACHE/objects && ! -d $CACHE/steps ]]; then
  echo 'no step was kept'
  exit 0
fi
cd -- "$CACHE"
mkdir -p objects steps
names=$(find objects steps -type f | LC_ALL=C sort)
digest=$(printf '%s' "$names" | sha256)
output key "$CACHE_PREFIX$digest"
