# The images of Onsale. Each runs with a read-only root file system and without any capability.
#
#   docker build --build-arg SERVICE=purchase .    a service: purchase, query, persistence, accounts, catalogue or checkout
#   docker build --target operations .             the migrations and the onsale command
#   docker build --target local .                  stand-ins for SNS, SQS, SES, Stripe and PayPal, for docker-compose.yml
#   docker build --target load-balancer .          nginx with the ALB's rules, for docker-compose.yml

ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM $NODE_IMAGE AS base
WORKDIR /app
ENV NODE_ENV=production


# Only JavaScript, the same for every processor: an image for another processor can be built without emulation.
FROM --platform=$BUILDPLATFORM $NODE_IMAGE AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The lock file may list the development programs of one platform only, which "npm ci" rejects: so they are removed first.
RUN --mount=type=cache,target=/root/.npm npm pkg delete devDependencies \
  && npm ci --omit=dev --ignore-scripts --no-audit --no-fund


FROM dependencies AS load-balancer-config
COPY services/shared services/shared
COPY scripts/local scripts/local
RUN node scripts/local/print-nginx-config.ts > nginx.conf


FROM nginx:1.30-alpine AS load-balancer
COPY --from=load-balancer-config /app/nginx.conf /etc/nginx/
COPY scripts/local/start-page.html /etc/nginx/start-page.html
# The base image's user "nginx", by number.
USER 101:101
# Skips the base image's script, which would edit the configuration.
ENTRYPOINT []
CMD ["nginx", "-p", "/tmp/", "-e", "stderr"]


# The SNS/SQS emulator, the mailbox and the payment provider.
FROM base AS local
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm install --include=dev --ignore-scripts --no-save --no-audit --no-fund \
  && install --directory --owner=1000 --group=1000 /data
COPY services/shared services/shared
COPY scripts/local scripts/local
USER 1000:1000


FROM base AS operations
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY migrations migrations
COPY scripts scripts
COPY services services
USER 1000:1000
CMD ["node", "scripts/onsale/main.ts", "--help"]
ARG REVISION=unknown
LABEL org.opencontainers.image.title="onsale operations" org.opencontainers.image.revision=$REVISION


FROM base AS service
ARG SERVICE
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY services/shared services/shared
COPY services/${SERVICE:?missing} services/$SERVICE
# The file has the same name in each service, so CMD needs no shell, which would not pass SIGTERM on.
WORKDIR /app/services/$SERVICE
ENV SERVICE=$SERVICE
# The base image's user "node", by number: a platform that forbids root cannot check a name.
USER 1000:1000
# Uses large memory pages for Node's own code, where a request spends most of its time.
CMD ["node", "--use-largepages=silent", "main.ts"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 CMD ["node", "../shared/http/probe.ts"]
ARG REVISION=unknown
LABEL org.opencontainers.image.title="onsale $SERVICE" org.opencontainers.image.revision=$REVISION
