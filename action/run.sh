#!/usr/bin/env bash
# Runs EMBARK_PROGRAM with the arguments of INPUT_COMMAND. No shell reads them.
#
# It runs with bash 3.2, too, which macOS has.
set -euo pipefail

fail() {
    printf '::error title=embark is not run::%s\n' "$1"
    printf 'outcome=failed\n' >>"$GITHUB_OUTPUT"
    exit 2
}

command=${INPUT_COMMAND//$'\r'/}
# A block of YAML ends with a line break.
while [[ $command == *$'\n' ]]; do command=${command%$'\n'}; done
while [[ $command == $'\n'* ]]; do command=${command#$'\n'}; done

arguments=()
if [[ $command == *$'\n'* ]]; then
    while IFS= read -r argument; do arguments+=("$argument"); done <<<"$command"
else
    # Somebody who writes quotes expects a shell.
    if [[ $command == *[\"\'\\]* ]]; then
        fail "command: quotes mean nothing here. Write one argument on each line"
    fi
    read -r -a arguments <<<"$command"
fi
if [[ ${#arguments[@]} -eq 0 ]]; then fail "command: it is empty"; fi
if [[ ${arguments[0]} == embark ]]; then fail "command: leave out embark itself, as in: release dev"; fi

exec "$EMBARK_PROGRAM" "${arguments[@]}"
