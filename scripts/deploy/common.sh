# shellcheck shell=bash
# Functions shared by the deployment scripts, which source this file with `set -euo pipefail`.
# Inside $(…) or `if`, a function continues after an error in spite of `set -e`; hence each `|| return`.

say() {
  printf '%s\n' "$*"
}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Exits with the reason why the arguments are wrong, and the script's `usage`.
refuse() { # <why>
  say "$1" >&2
  usage >&2
  exit 2
}

# Fails with the names of all missing tools.
require_tools() { # <name>…
  local tool missing=()
  for tool in "$@"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || fail "Not found on the PATH: ${missing[*]}"
}

# Sets `region`, `account` and `partition` (aws, aws-cn …) from the AWS CLI's own settings.
# shellcheck disable=SC2034 # The scripts that source this use them.
find_aws_account() {
  local identity arn
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  [[ -n $region ]] || fail 'No region: set AWS_REGION, or run aws configure'
  # Version 1 of the CLI reads only AWS_DEFAULT_REGION. Version 2 would open a pager.
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=''
  identity=$(aws sts get-caller-identity --query '[Account, Arn]' --output text) ||
    fail 'AWS did not accept the credentials: check AWS_PROFILE, or run aws configure'
  read -r account arn <<<"$identity"
  partition=$(cut -d: -f2 <<<"$arn")
}

# Prints the ARN of the system's load balancer and its URL, which is https if it listens on port 443.
find_load_balancer() { # <system>
  local found arn host has_tls
  found=$(aws elbv2 describe-load-balancers --names "$1" --query 'LoadBalancers[0].[LoadBalancerArn, DNSName]' --output text) ||
    return
  read -r arn host <<<"$found"
  # shellcheck disable=SC2016 # In JMESPath, backquotes enclose a number.
  has_tls=$(aws elbv2 describe-listeners --load-balancer-arn "$arn" --query 'length(Listeners[?Port==`443`])' --output text) ||
    return
  if ((has_tls > 0)); then say "$arn https://$host"; else say "$arn http://$host"; fi
}
