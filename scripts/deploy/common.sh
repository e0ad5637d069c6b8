# shellcheck shell=bash
# What the deployment scripts share; they source it, with `set -euo pipefail`.
# A function in $(…) or `if` goes on after an error, whatever `set -e` says: hence each `|| return`.

say() {
  printf '%s\n' "$*"
}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Ends the script with what is wrong with its arguments, and its `usage`.
refuse() { # <why>
  say "$1" >&2
  usage >&2
  exit 2
}

# Fails with the names of all tools that are not there.
require_tools() { # <name>…
  local tool missing=()
  for tool in "$@"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || fail "Not found on the PATH: ${missing[*]}"
}

# Sets `region`, `account` and `partition` (aws, aws-cn …) by the AWS CLI's own settings.
# shellcheck disable=SC2034 # They are for who sources this.
find_aws_account() {
  local identity arn
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  [[ -n $region ]] || fail 'No region: set AWS_REGION, or run aws configure'
  # Version 1 of the CLI knows the second name only; version 2 opens a pager where it is not told otherwise.
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=''
  identity=$(aws sts get-caller-identity --query '[Account, Arn]' --output text) || fail 'AWS does not know who we are'
  read -r account arn <<<"$identity"
  partition=$(cut -d: -f2 <<<"$arn")
}

# Prints the ARN of the system's load balancer and its URL: https where it listens at 443.
find_load_balancer() { # <system>
  local found arn host has_tls
  found=$(aws elbv2 describe-load-balancers --names "$1" --query 'LoadBalancers[0].[LoadBalancerArn, DNSName]' --output text) ||
    return
  read -r arn host <<<"$found"
  # shellcheck disable=SC2016 # JMESPath quotes a number so.
  has_tls=$(aws elbv2 describe-listeners --load-balancer-arn "$arn" --query 'length(Listeners[?Port==`443`])' --output text) ||
    return
  if ((has_tls > 0)); then say "$arn https://$host"; else say "$arn http://$host"; fi
}
