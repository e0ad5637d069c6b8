#!/usr/bin/env bash
# Runs a command (a migration, or the onsale command) once beside the deployed system, as a Fargate task in its private
# subnets. Shows the task's log at the end, and fails if the command failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/deploy/common.sh
. scripts/deploy/common.sh

usage() {
  cat <<'END'
usage: scripts/deploy/run-operation.sh <dev|prod> <command> [argument]…

Runs a command once beside the deployed system, as a Fargate task in its private subnets, and shows its log.

  scripts/deploy/run-operation.sh dev node scripts/onsale/main.ts open scripts/demo/canary.json
  scripts/deploy/run-operation.sh dev node scripts/onsale/main.ts verify Event1
END
}

poll_seconds=15
# One hour, because a migration may have to rewrite a large table.
max_polls=240

main() {
  case ${1:-} in
    -h | --help)
      usage
      return
      ;;
    -*) refuse "Unknown option: $1" ;;
    dev | prod) ;;
    *) refuse "The environment must be dev or prod, not \"${1:-}\"" ;;
  esac
  (($# > 1)) || refuse 'No command was given'
  require_tools aws node
  find_aws_account
  local system=onsale-$1
  local log_group=/onsale/$1/operations
  shift
  local network task
  network=$(operations_network "$system")
  task=$(start_task "$system" "$network" "$@")
  say "  started task ${task##*/}"
  await_task "$system" "$task" "$log_group"
}

# Prints a network configuration: the persistence service's subnets, which reach stores and queues, and a separate security group.
operations_network() { # <system>
  local subnets group
  subnets=$(aws ecs describe-services --cluster "$1" --services persistence --output text \
    --query "services[0].networkConfiguration.awsvpcConfiguration.subnets") || return
  group=$(aws ec2 describe-security-groups --filters "Name=group-name,Values=$1-operations" --output text \
    --query 'SecurityGroups[0].GroupId') || return
  [[ $subnets != None ]] || fail "The service persistence is not in the cluster $1"
  [[ $group != None ]] || fail "There is no security group $1-operations"
  say "awsvpcConfiguration={subnets=[${subnets//$'\t'/,}],securityGroups=[$group],assignPublicIp=DISABLED}"
}

# Starts the task and prints its ARN.
start_task() { # <system> <network> <command>…
  local system=$1 network=$2 overrides started arn reason
  shift 2
  overrides=$(node --eval '
    console.log(JSON.stringify({ containerOverrides: [{ name: "operations", command: process.argv.slice(1) }] }));
  ' -- "$@") || return
  started=$(aws ecs run-task --cluster "$system" --task-definition "$system-operations" --launch-type FARGATE \
    --network-configuration "$network" --overrides "$overrides" \
    --query '[tasks[0].taskArn, failures[0].reason]' --output text) || return
  IFS=$'\t' read -r arn reason <<<"$started"
  # ECS reports a lack of capacity in a successful response.
  [[ $arn != None ]] || fail "The task could not be started: $reason"
  say "$arn"
}

# Waits until the task has stopped, and shows its log. Fails if its command failed.
await_task() { # <system> <task's ARN> <log group>
  local answer status code reason poll
  for ((poll = 0; poll < max_polls; poll++)); do
    answer=$(aws ecs describe-tasks --cluster "$1" --tasks "$2" --output text \
      --query 'tasks[0].[lastStatus, containers[0].exitCode, stoppedReason]')
    IFS=$'\t' read -r status code reason <<<"$answer"
    if [[ $status == STOPPED ]]; then
      show_log "$@"
      [[ $code == 0 ]] || fail "The task stopped with exit code $code ($reason); its log is in the log group $3"
      return
    fi
    say "  task is $status"
    sleep "$poll_seconds"
  done
  fail "The task ${2##*/} is still running after $((max_polls * poll_seconds / 60)) minutes; its log is in the log group $3"
}

show_log() { # <system> <task's ARN> <log group>
  local prefix
  prefix=$(aws ecs describe-task-definition --task-definition "$1-operations" --output text \
    --query 'taskDefinition.containerDefinitions[0].logConfiguration.options."awslogs-stream-prefix"') || return 0
  # There is no log if the task never started.
  aws logs get-log-events --log-group-name "$3" --log-stream-name "$prefix/operations/${2##*/}" \
    --query 'events[].[message]' --output text 2>/dev/null || true
}

main "$@"
