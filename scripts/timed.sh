#!/usr/bin/env bash
# Run one named step and say how long it took: `scripts/timed.sh "types" mypy`. What it says shows only when
# it fails, or as it comes with STEP_OUTPUT=1; of a quiet success its last line stays, which sums up.
set -uo pipefail
name=$1
shift
shown=${STEP_OUTPUT:-}
unset STEP_OUTPUT
started=$(date +%s%N)
if [ "$shown" = 1 ]; then
  "$@"
  status=$?
  output=
else
  output=$("$@" 2>&1)
  status=$?
fi
took=$((($(date +%s%N) - started) / 100000000))
if [ $status = 0 ]; then
  sum=$(printf '%s' "$output" | tail -n 1 | cut -c1-60)
  printf 'ok      %-28s %5d.%d s  %s\n' "$name" $((took / 10)) $((took % 10)) "$sum"
else
  printf '%s\n' "$output"
  printf 'FAILED  %-28s %5d.%d s\n' "$name" $((took / 10)) $((took % 10))
fi
exit $status
