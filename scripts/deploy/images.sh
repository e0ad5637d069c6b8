# shellcheck shell=bash
# Images and their registry; sourced by build-and-push.sh.

log_in_to_registry() { # <registry>
  aws ecr get-login-password | docker login --username AWS --password-stdin "$1" >/dev/null
}

# Succeeds if the repository has the tag. Exits on any error other than a missing tag, which must not be mistaken for one.
is_pushed() { # <repository> <tag>
  local error
  error=$(aws ecr describe-images --repository-name "$1" --image-ids "imageTag=$2" 2>&1 >/dev/null) && return
  [[ $error == *ImageNotFoundException* ]] || fail "$error"
  return 1
}

# Builds and pushes in one step, so that an image for another platform need not be loaded here, and a tag is in the registry
# only when the whole image is. No attestation: it would turn the image into an index, which ECR's basic scanning cannot read.
build_and_push_image() { # <image> <platform> <more arguments of docker build>…
  local image=$1 platform=$2
  shift 2
  docker buildx build --platform "$platform" --provenance=false --push --tag "$image" "$@" .
}
