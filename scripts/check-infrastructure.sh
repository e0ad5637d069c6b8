#!/usr/bin/env bash
# Checks that a deployed system is up and sells: its resources, its paths, and one test purchase, which it cancels. Prints one
# line per check and runs all of them even if one fails. Exit status 1 if any failed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/deploy/common.sh
. scripts/deploy/common.sh
# shellcheck source=scripts/deploy/resource-checks.sh
. scripts/deploy/resource-checks.sh
# shellcheck source=scripts/deploy/http-checks.sh
. scripts/deploy/http-checks.sh

usage() {
  cat <<'END'
usage: scripts/check-infrastructure.sh <dev|prod> [url]
       scripts/check-infrastructure.sh local [url]

Checks that a system is up and sells: its resources, its paths, and one test purchase, which it cancels.

  url  the system's address (default: the load balancer's own name, or http://localhost:8000 for local).
       Set it if the load balancer's certificate is for another name.

`local` checks HTTP only. The test purchase uses the event Canary, which must be opened once:
  scripts/deploy/run-operation.sh <dev|prod> node scripts/onsale/main.ts open scripts/demo/canary.json
  npm run onsale -- open scripts/demo/canary.json
END
}

main() {
  case ${1:-} in
    -h | --help)
      usage
      return
      ;;
    -*) refuse "Unknown option: $1" ;;
    dev | prod | local) ;;
    *) refuse "The environment must be dev, prod or local, not \"${1:-}\"" ;;
  esac
  (($# <= 2)) || refuse "Too many arguments: $3"
  [[ ${2:-} != -* ]] || refuse "Unknown option: $2"
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
  [[ $1 != local ]] || ((failed < checks)) || say "Nothing answers at $url. Is \"npm start\" running?"
  ((failed == 0))
}

# Runs one check: a command that prints the reason if it fails. Not in a subshell, because a check may set variables for the next.
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
