#!/usr/bin/env bash
# Builds the images for this commit, pushes them to ECR, migrates the database and rolls the services over to them. If it was
# interrupted, run it again: it does not repeat completed steps.
#
# Migrations run before the services roll. So the old code runs on the new schema for some minutes, or for longer if a
# deployment is rolled back. A migration (they are forward only) must therefore suit the old code too. Add first; remove in a
# later deployment.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/deploy/common.sh
. scripts/deploy/common.sh
# shellcheck source=scripts/deploy/images.sh
. scripts/deploy/images.sh
# shellcheck source=scripts/deploy/ecs.sh
. scripts/deploy/ecs.sh

usage() {
  cat <<'END'
usage: scripts/build-and-push.sh <dev|prod> [--platform linux/amd64|linux/arm64] [--allow-dirty]

Builds the images for this commit, pushes them to ECR, migrates the database and rolls the services over to them.

  --platform     the platform of the images, which the task definitions must match (default: linux/arm64, Graviton).
                 It may differ from this machine's; no emulator is needed.
  --allow-dirty  include uncommitted changes; the tag is then <commit>-dirty-<time>

Account and region come from the AWS CLI's configuration (AWS_PROFILE, AWS_REGION).
END
}

# Readers of domain events roll before writers, so that new events find consumers that understand them. And accounts rolls before
# the services that verify its tokens and keys.
services=(persistence accounts query purchase checkout catalogue)

main() {
  local environment='' platform=linux/arm64 allow_dirty=false
  while (($# > 0)); do
    case $1 in
      -h | --help)
        usage
        return
        ;;
      --platform)
        platform=${2:-}
        shift
        ;;
      --allow-dirty) allow_dirty=true ;;
      -*) refuse "Unknown option: $1" ;;
      *)
        [[ -z $environment ]] || refuse "Too many arguments: $1"
        environment=$1
        ;;
    esac
    shift || true
  done
  case $environment in dev | prod) ;; *) refuse "The environment must be dev or prod, not \"$environment\"" ;; esac
  case $platform in linux/amd64 | linux/arm64) ;; *) refuse "The platform must be linux/amd64 or linux/arm64, not \"$platform\"" ;; esac

  require_tools aws docker git node
  docker buildx version >/dev/null 2>&1 || fail 'Docker has no buildx plugin: https://docs.docker.com/go/buildx/'
  local system=onsale-$environment tag
  tag=$(tag_of_tree "$allow_dirty")
  find_aws_account
  local registry=$account.dkr.ecr.$region.amazonaws.com
  [[ $partition != aws-cn ]] || registry+=.cn
  say "Deploying $tag to $environment: account $account, region $region"

  push_images "$registry/$system" "$platform" "$tag"

  local clusters
  clusters=$(aws ecs describe-clusters --clusters "$system" --query "length(clusters[?status=='ACTIVE'])" --output text)
  if ((clusters == 0)); then
    say "The cluster $system does not exist yet. Apply the system's stack with these images, then migrate the database:"
    say "  terraform apply -var image_tag=$tag"
    say "  scripts/deploy/run-operation.sh $environment node scripts/migrate.ts"
    return
  fi

  say 'Migrating the database …'
  revision_with_image "$system-operations" operations "$registry/$system/operations:$tag" >/dev/null
  scripts/deploy/run-operation.sh "$environment" node scripts/migrate.ts
  local service
  for service in "${services[@]}"; do
    roll_service "$system" "$service" "$registry/$system/$service:$tag"
  done
  local found
  found=$(find_load_balancer "$system")
  say "Onsale $tag is running at ${found#* }"
}

# Prints the image tag: the commit, marked as dirty if there are uncommitted changes and they are allowed.
tag_of_tree() { # <allow dirty>
  local commit changes
  commit=$(git rev-parse HEAD) || return
  changes=$(git status --porcelain) || return
  if [[ -z $changes ]]; then
    say "$commit"
  elif $1; then
    say "$commit-dirty-$(date -u +%Y%m%dT%H%M%SZ)"
  else
    fail "The working tree has uncommitted changes. Commit them, or add --allow-dirty:
$changes"
  fi
}

push_images() { # <registry and system> <platform> <tag>
  say "Logging in to ${1%%/*} …"
  log_in_to_registry "${1%%/*}"
  local name of_image=()
  for name in purchase query persistence accounts catalogue checkout operations; do
    if is_pushed "${1#*/}/$name" "$3"; then
      say "$name is already in the registry"
      continue
    fi
    say "Building and pushing $name for $2 …"
    of_image=(--build-arg "SERVICE=$name")
    [[ $name != operations ]] || of_image=(--target operations)
    build_and_push_image "$1/$name:$3" "$2" --build-arg "REVISION=$3" "${of_image[@]}"
  done
}

roll_service() { # <system> <service> <image>
  local revision
  revision=$(revision_with_image "$1-$2" "$2" "$3")
  say "Rolling $2 over to ${revision##*/} …"
  aws ecs update-service --cluster "$1" --service "$2" --task-definition "$revision" >/dev/null
  await_deployment "$1" "$2" "$revision"
}

main "$@"
