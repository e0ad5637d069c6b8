# shellcheck shell=bash
# Task definitions and deployments of ECS; sourced by build-and-push.sh.

# Converts a reply of describe-task-definition to an input of register-task-definition, with another image in one container.
with_image() { # <container> <image>; a description on stdin
  # shellcheck disable=SC2016 # The ${…} is JavaScript.
  node --eval '
    const [container, image] = process.argv.slice(1);
    const { taskDefinition, tags = [] } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const taken = [
      "family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes", "placementConstraints",
      "requiresCompatibilities", "cpu", "memory", "pidMode", "ipcMode", "proxyConfiguration", "ephemeralStorage",
      "runtimePlatform", "enableFaultInjection",
    ];
    const kept = Object.fromEntries(taken.flatMap((name) => (name in taskDefinition ? [[name, taskDefinition[name]]] : [])));
    const found = kept.containerDefinitions.find(({ name }) => name === container);
    if (!found) throw new Error(`${kept.family} has no container ${container}`);
    found.image = image;
    console.log(JSON.stringify({ ...kept, ...(tags.length > 0 && { tags }) }));
  ' -- "$1" "$2"
}

# Prints the ARN of the family's newest task definition if it has the image; otherwise registers a copy with the image.
revision_with_image() { # <family> <container> <image>
  local newest arn image definition
  newest=$(aws ecs describe-task-definition --task-definition "$1" \
    --query "taskDefinition.[taskDefinitionArn, containerDefinitions[?name=='$2'] | [0].image]" --output text) || return
  read -r arn image <<<"$newest"
  if [[ $image == "$3" ]]; then
    say "$arn"
    return
  fi
  definition=$(aws ecs describe-task-definition --task-definition "$1" --include TAGS --output json | with_image "$2" "$3") || return
  aws ecs register-task-definition --cli-input-json "$definition" --query taskDefinition.taskDefinitionArn --output text
}

poll_seconds=15
# Longer than the circuit breaker needs to give up, even if tasks take minutes to be found unhealthy.
max_polls=120

# Waits until the service's deployment of exactly this task definition is complete. Fails if it cannot complete.
await_deployment() { # <cluster> <service> <task definition's ARN>
  local answer primary state running desired poll
  for ((poll = 0; poll < max_polls; poll++)); do
    answer=$(aws ecs describe-services --cluster "$1" --services "$2" --output text --query \
      "services[0].deployments[?status=='PRIMARY'] | [0].[taskDefinition, rolloutState, runningCount, desiredCount]")
    read -r primary state running desired <<<"$answer"
    # Not in the first polls, because ECS's answers may be some seconds old.
    if [[ $primary != "$3" ]] && ((poll >= 3)); then
      say_events "$1" "$2"
      fail "$2 was rolled back, or deployed by somebody else: its deployment is now ${primary##*/}, not ${3##*/}"
    fi
    case $primary,$state in
      "$3,COMPLETED") return ;;
      "$3,FAILED")
        say_events "$1" "$2"
        fail "$2: the deployment of ${3##*/} failed"
        ;;
    esac
    say "  $2: $running of $desired tasks are running"
    sleep "$poll_seconds"
  done
  say_events "$1" "$2"
  fail "$2: the deployment of ${3##*/} is not complete after $((max_polls * poll_seconds / 60)) minutes"
}

say_events() { # <cluster> <service>
  say "The latest events of $2:" >&2
  aws ecs describe-services --cluster "$1" --services "$2" --query 'services[0].events[:5].[message]' --output text >&2 || true
}
