#!/usr/bin/env bash
# Looks whether a deployed system is up and sells: its resources, its paths, and one test purchase, which is cancelled again.
# One line a check, all of them also where one fails; exit status 1 where any did.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/deploy/common.sh
. scripts/deploy/common.sh
# shellcheck source=scripts/deploy/resource-checks.sh
. scripts/deploy/resource-checks.sh
# shellcheck source=scripts/deploy/http-checks.sh
. scripts/deploy/http-checks.sh

usage() {
  cat >&2 <<'END'
usage: scripts/check-infrastructure.sh <dev|prod> [url]
       scripts/check-infrastructure.sh local [url]

  url  where to reach the system: the load balancer's own name, unless told otherwise, or http://localhost:8000.
       Tell it where the load balancer's certificate is for another name.

With `local` only what HTTP shows is checked. The test purchase is of the event Canary, which has to be opened once:
  scripts/deploy/run-operation.sh <dev|prod> node scripts/onsale/main.ts open scripts/demo/canary.json
  npm run onsale -- open scripts/demo/canary.json
END
  exit 2
}

main() {
  (($# == 1 || $# == 2)) || usage
  case $1 in dev | prod | local) ;; *) usage ;; esac
  url=${2:-}
  url=${url%/}
  checks=0
  failed=0
  said=$(mktemp)
  trap 'rm -f "$said"' EXIT
  if [[ $1 == local ]]; then
    require_tools curl
    url=${url:-http://localhost:8000}
  else
    require_tools aws curl
    find_aws_account
    check_resources "onsale-$1"
  fi
  check_http
  [[ $1 == local ]] || check_flow "onsale-$1"
  say "$checks checks, $failed failed"
  ((failed == 0))
}

# One check: a command that is no success says why. Not in a subshell: a check may leave something for the next one.
check() { # <what> <command>…
  local what=$1 why
  shift
  checks=$((checks + 1))
  if "$@" >"$said" 2>&1; then
    say "ok    $what"
  else
    failed=$((failed + 1))
    why=$(<"$said")
    say "FAIL  $what: ${why//$'\n'/ }"
  fi
}

main "$@"
