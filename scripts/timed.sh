#!/usr/bin/env bash
# Run one named step and say how long it took: `scripts/timed.sh "types" mypy`. Its output shows only when it
# fails, or always with STEP_OUTPUT=1.
set -uo pipefail
name=$1
shift
started=$(date +%s%N)
if [ "${STEP_OUTPUT:-}" = 1 ]; then
  printf '── %s\n' "$name"
  "$@"
  status=$?
else
  output=$("$@" 2>&1)
  status=$?
fi
took=$(( ($(date +%s%N) - started) / 1000000 ))
[ $status = 0 ] || printf '%s\n' "${output:-}"
printf '%-6s %-34s %5d.%d s\n' "$([ $status = 0 ] && echo ok || echo FAILED)" "$name" $((took / 1000)) $((took % 1000 / 100))
exit $status
