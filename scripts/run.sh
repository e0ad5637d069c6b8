#!/bin/sh
# Starts every command of package.json, with its packages installed. They are installed only if they are missing or older than
# package-lock.json, so that no command replaces the packages of a running system, and never just to show a command's help.
set -eu
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
usage: sh scripts/run.sh [--infra] <command> [argument]...

Runs a command of this project. Installs its packages first if they are missing or older than package-lock.json.

  --infra  also install the packages of infra/
END
}

refuse() { # <why>
  echo "$1" >&2
  usage >&2
  exit 2
}

# npm writes this file last, when everything is installed, and after the lock file.
# shellcheck disable=SC3013 # Every sh has -nt, and POSIX since 2024.
is_installed() { # <folder>
  [ -e "$1/node_modules/.package-lock.json" ] && [ ! "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]
}

asks_for_help() { # <argument>...
  for argument; do
    case $argument in --help | -h) return 0 ;; esac
  done
  return 1
}

folders=.
case ${1:-} in
  --help | -h)
    usage
    exit
    ;;
  --infra)
    folders='. infra'
    shift
    ;;
esac
case ${1:-} in
  '') refuse 'No command was given.' ;;
  -*) refuse "Unknown option: $1" ;;
esac

if asks_for_help "$@"; then
  for folder in $folders; do
    [ -e "$folder/node_modules" ] && continue
    echo "The packages are not installed yet. Run this first: npm install --prefix $folder" >&2
    exit 1
  done
else
  for folder in $folders; do
    is_installed "$folder" && continue
    echo "Installing the packages of $folder/package-lock.json ..." >&2
    npm install --prefix "$folder" --include=dev --no-audit --no-fund --loglevel=error >&2
  done
fi

PATH=$PWD/node_modules/.bin:$PATH
exec "$@"
