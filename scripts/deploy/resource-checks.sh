# shellcheck shell=bash
# Checks of AWS resources; sourced by check-infrastructure.sh, whose `check` and `url` they use.

# Compared with SQS' own figure, which is a minute late. If the oldest message is older, persistence does not keep up.
max_age_seconds=300
max_seconds_to_drain=60

check_resources() { # <system>
  local service
  for service in purchase query persistence accounts catalogue checkout; do
    check "service $service runs all its tasks" service_runs "$1" "$service"
  done
  check 'Aurora has a writer and a reader' aurora_is_available "$1"
  check 'Redis is available' redis_is_available "$1"
  check 'the queue exists' queue_arn "$1-ticket-sql"
  check 'the topic publishes to the queue' topic_has_queue "$1"
  check 'the dead-letter queue is empty' queue_is_empty "$1-ticket-sql-dead-letters"
  check 'no webhook of a payment is a dead letter' queue_is_empty "$1-checkout-work-dead-letters"
  load_balancer=''
  check 'the load balancer exists' load_balancer_exists "$1"
  check 'all targets are healthy' targets_are_healthy
  check 'no alarm is raised' no_alarm "$1"
}

# Runs after the test purchase, whose message went through the queue.
check_flow() { # <system>
  check 'the queue drains' queue_drains "$1-ticket-sql"
  check 'no message waits too long' queue_is_young "$1-ticket-sql"
}

service_runs() { # <system> <service>
  local answer state desired running rollout
  answer=$(aws ecs describe-services --cluster "$1" --services "$2" --output text --query \
    "services[0].[status, desiredCount, runningCount, deployments[?status=='PRIMARY'] | [0].rolloutState]") || return
  read -r state desired running rollout <<<"$answer"
  [[ $state == ACTIVE && $desired -gt 0 && $running == "$desired" && $rollout == COMPLETED ]] || {
    say "$state, $running of $desired tasks are running, deployment $rollout"
    return 1
  }
}

aurora_is_available() { # <system>
  local answer state writers readers
  answer=$(aws rds describe-db-clusters --db-cluster-identifier "$1" --output text --query \
    'DBClusters[0].[Status, length(DBClusterMembers[?IsClusterWriter]), length(DBClusterMembers[?!IsClusterWriter])]') || return
  read -r state writers readers <<<"$answer"
  [[ $state == available && $writers == 1 && $readers -ge 1 ]] || {
    say "$state, writers: $writers, readers: $readers"
    return 1
  }
}

# Checks ElastiCache, or MemoryDB if ElastiCache has none with that name.
redis_is_available() { # <system>
  local state
  if ! state=$(aws elasticache describe-replication-groups --replication-group-id "$1" --output text \
    --query 'ReplicationGroups[0].Status' 2>&1); then
    [[ $state == *ReplicationGroupNotFound* ]] || {
      say "$state"
      return 1
    }
    state=$(aws memorydb describe-clusters --cluster-name "$1" --query 'Clusters[0].Status' --output text) || return
  fi
  [[ $state == available ]] || {
    say "$state"
    return 1
  }
}

# Prints attributes of a queue on one line, in the order of the arguments.
queue_attributes() { # <queue> <attribute>…
  local queue=$1 address names
  shift
  address=$(aws sqs get-queue-url --queue-name "$queue" --query QueueUrl --output text) || return
  names=$*
  aws sqs get-queue-attributes --queue-url "$address" --attribute-names "$@" --output text \
    --query "Attributes.[${names// /, }]"
}

queue_arn() { # <queue>
  queue_attributes "$1" QueueArn
}

topic_has_queue() { # <system>
  local queue subscription
  queue=$(queue_arn "$1-ticket-sql") || return
  # shellcheck disable=SC2154 # find_aws_account sets them.
  subscription=$(aws sns list-subscriptions-by-topic --topic-arn "arn:$partition:sns:$region:$account:$1-ticket-events" \
    --query "Subscriptions[?Endpoint=='$queue'] | [0].SubscriptionArn" --output text) || return
  # Without confirmation, it is a phrase instead of an ARN.
  [[ $subscription == arn:* ]] || {
    say "subscription: $subscription"
    return 1
  }
}

queue_is_empty() { # <queue>
  local answer waiting taken delayed
  answer=$(queue_attributes "$1" ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible \
    ApproximateNumberOfMessagesDelayed) || return
  read -r waiting taken delayed <<<"$answer"
  ((waiting + taken + delayed == 0)) || {
    say "$((waiting + taken + delayed)) messages; the onsale command's redrive can return them to the queue"
    return 1
  }
}

# Sets `load_balancer`, and `url` unless it was given.
load_balancer_exists() { # <system>
  local found
  found=$(find_load_balancer "$1") || return
  load_balancer=${found% *}
  url=${url:-${found#* }}
}

# Checks the services' target groups: at least one target each, all healthy. Draining targets do not count.
targets_are_healthy() {
  local groups group states wrong=0 count=0
  [[ -n $load_balancer ]] || {
    say 'there is no load balancer'
    return 1
  }
  groups=$(aws elbv2 describe-target-groups --load-balancer-arn "$load_balancer" --output text \
    --query 'TargetGroups[].[TargetGroupArn]') || return
  for group in $groups; do
    count=$((count + 1))
    states=$(aws elbv2 describe-target-health --target-group-arn "$group" --output text \
      --query "TargetHealthDescriptions[?TargetHealth.State!='draining'].TargetHealth.State") || return
    [[ $states == *healthy* && ! $states =~ unhealthy|initial|unused|unavailable ]] || {
      wrong=1
      states=${states:-no targets}
      say "$(cut -d/ -f2 <<<"$group"): ${states//$'\t'/ }"
    }
  done
  ((count >= 6)) || {
    wrong=1
    say "$count of 6 target groups exist"
  }
  return "$wrong"
}

no_alarm() { # <system>
  local alarms
  alarms=$(aws cloudwatch describe-alarms --alarm-name-prefix "$1" --output text \
    --query "MetricAlarms[?StateValue=='ALARM'].AlarmName") || return
  [[ -z $alarms ]] || {
    say "$alarms"
    return 1
  }
}

# Succeeds if the queue becomes empty or shorter in time. It need not be empty, because sales may continue.
queue_drains() { # <queue>
  local first now second
  first=$(queue_attributes "$1" ApproximateNumberOfMessages) || return
  now=$first
  for ((second = 0; second < max_seconds_to_drain; second++)); do
    ((now > 0 && now >= first)) || return 0
    sleep 1
    now=$(queue_attributes "$1" ApproximateNumberOfMessages) || return
  done
  say "$first messages were waiting, and $now after $max_seconds_to_drain s"
  return 1
}

queue_is_young() { # <queue>
  local age now
  now=$(date +%s)
  age=$(aws cloudwatch get-metric-statistics --namespace AWS/SQS --metric-name ApproximateAgeOfOldestMessage \
    --dimensions "Name=QueueName,Value=$1" --start-time "$((now - 600))" --end-time "$now" --period 60 --statistics Maximum \
    --query 'sort_by(Datapoints, &Timestamp)[-1].Maximum' --output text) || return
  # A queue without messages for hours has no data points.
  [[ $age != None ]] || return 0
  ((${age%.*} <= max_age_seconds)) || {
    say "the oldest has been waiting for ${age%.*} s"
    return 1
  }
}
