# shellcheck shell=bash
# Images and their registry; sourced by build-and-push.sh.

log_in_to_registry() { # <registry>
  aws ecr get-login-password | docker login --username AWS --password-stdin "$1" >/dev/null
}

# Whether the repository has the tag. Any other error than its absence ends the script: it must not be taken for one.
is_pushed() { # <repository> <tag>
  local error
  error=$(aws ecr describe-images --repository-name "$1" --image-ids "imageTag=$2" 2>&1 >/dev/null) && return
  [[ $error == *ImageNotFoundException* ]] || fail "$error"
  return 1
}

# Builds and pushes in one go: so an image for another platform than ours need not be loaded here, and a tag is in the
# registry only when all of the image is. An attestation would make an index of it, which ECR's basic scanning cannot read.
build_and_push_image() { # <image> <platform> <more arguments of docker build>…
  local image=$1 platform=$2
  shift 2
  docker buildx build --platform "$platform" --provenance=false --push --tag "$image" "$@" .
}
