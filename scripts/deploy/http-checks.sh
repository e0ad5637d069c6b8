# shellcheck shell=bash
# Checks over HTTP; sourced by check-infrastructure.sh, whose `check` and `url` they use.

event=Canary
# The pipeline normally takes some 100 ms; this leaves time for a backlog.
max_seconds_to_read=30

check_http() {
  local path
  for path in /purchase/health /query/health /events/health /accounts/health /catalogue/health /checkout/health; do
    check "GET $path is healthy" answers 200 GET "$path"
  done
  check 'an unknown path returns a 404 that names the services' unknown_path_is_problem
  order='' token='' ticket=''
  check "a ticket for the event $event can be bought" buy_ticket
  check 'the ticket can be read' follow_ticket
  check 'the order can be cancelled' cancel_order
}

# Sends a request. Sets `status` and `body`.
ask() { # <method> <path> [<more arguments of curl>…]
  local answer method=$1 path=$2
  shift 2
  status='' body=''
  if [[ -z $url ]]; then
    say "the system's address is not known"
    return 1
  fi
  answer=$(curl --silent --show-error --max-time 10 --write-out '\n%{http_code}' --request "$method" "$@" "$url$path") || return
  status=${answer##*$'\n'}
  body=${answer%$'\n'*}
}

# Succeeds if the answer has this status; otherwise prints the status and the body.
answers() { # <status> <method> <path> [<more arguments of curl>…]
  local wanted=$1
  shift
  ask "$@" || return
  [[ $status == "$wanted" ]] || {
    say "$status $body"
    return 1
  }
}

post_json() { # <status> <path> <body> [<more arguments of curl>…]
  local wanted=$1 path=$2 json=$3
  shift 3
  answers "$wanted" POST "$path" --header 'content-type: application/json' --data "$json" "$@"
}

# Prints the first value of a field in the last answer.
field() { # <name>
  grep -o "\"$1\":\"[^\"]*\"" <<<"$body" | head -n 1 | cut -d'"' -f4
}

unknown_path_is_problem() {
  answers 404 GET /canary || return
  local word
  for word in NOT_FOUND /purchase/ /query/ /events/ /accounts/ /catalogue/ /checkout/; do
    [[ $body == *"$word"* ]] || {
      say "404 $body"
      return 1
    }
  done
}

buy_ticket() {
  local key
  key=canary-$(date +%s)-$$
  # Retry if no answer came: the Idempotency-Key prevents a second purchase.
  order_ticket "$key" || { [[ -z $status ]] && order_ticket "$key"; } || return
  order=$(field orderId)
  token=$(field orderToken)
  ticket=$(field ticketId)
}

order_ticket() { # <idempotency key>
  local wish="{\"venueId\":\"$event\",\"eventId\":\"$event\",\"zoneId\":1,\"quantity\":1}"
  post_json 201 /purchase/api/v1/orders "$wish" --header "idempotency-key: \"$1\""
}

follow_ticket() {
  local second
  [[ -n $ticket ]] || {
    say 'no ticket was bought'
    return 1
  }
  for ((second = 0; second < max_seconds_to_read; second++)); do
    ask GET "/query/api/v1/tickets/$ticket" || return
    [[ $status != 200 ]] || return 0
    sleep 1
  done
  say "$status $body after $max_seconds_to_read s"
  return 1
}

cancel_order() {
  [[ -n $order ]] || {
    say 'no order was placed'
    return 1
  }
  post_json 200 "/purchase/api/v1/orders/$order/cancel" "{\"eventId\":\"$event\"}" --header "order-token: $token"
}
