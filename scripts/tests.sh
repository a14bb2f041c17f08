#!/usr/bin/env bash
# Run pytest; what fails runs once more by itself, so that a busy machine does not hide behind a bug or a bug behind a
# busy machine: what passes only then is named as flaky, and is a bug to mend today.
set -u
pytest "$@"
status=$?
[ "$status" -eq 1 ] || exit "$status"
echo "tests: some failed; running those once more, alone"
pytest "$@" -n 0 --last-failed --last-failed-no-failures none && echo "tests: FLAKY, see the names above" && exit 0
exit 1
