# shellcheck shell=bash
# How the scripts of the action speak to the runner. They are read by bash 3.2, too.

# Ends the step with an error: what is wrong, and what to do.
fail() {
  local text="$1"$'\n'"help: $2"
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '::error title=modelgate::%s\n' "$text" >&2
  exit 1
}

# Sets an output of the step. No value may hold a line break: it could set another output.
output() {
  case "$2" in *$'\n'* | *$'\r'*) fail "$1 has a line break" 'write it on one line' ;; esac
  printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
}

# The SHA-256 of standard input, in hexadecimal.
sha256() {
  local sum
  if command -v sha256sum > /dev/null; then
    sum=$(sha256sum)
  else
    sum=$(shasum -a 256)
  fi
  printf '%s' "${sum%% *}"
}
