# docker build -t coffer . && docker run -p 8880:8880 coffer
#
# Works with the classic builder and with BuildKit. A network that needs its own package mirrors passes them
# as --build-arg NPM_CONFIG_REGISTRY=… and --build-arg GOPROXY=…; without them the images' own settings count.

FROM node:20-bookworm-slim AS assets
ARG NPM_CONFIG_REGISTRY
WORKDIR /src
# Dependencies first: they change seldom, and this layer is kept until they do.
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY internal/web/assets internal/web/assets
COPY internal/factor/common internal/factor/common
RUN npm run build

FROM golang:1.26-bookworm AS build
ARG GOPROXY
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
COPY --from=assets /src/internal internal
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/ ./cmd/coffer ./cmd/coffer-verify \
    && install -d -m 0750 /out/volume/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# The judge of the log is a binary of its own: docker run --entrypoint /coffer-verify …
COPY --from=build /out/coffer /out/coffer-verify /
# A number, since there is no /etc/passwd to find a name in. The parent is copied, so that /data keeps its mode,
# and with both a new volume mounted there.
COPY --from=build --chown=65532:65532 /out/volume/ /
USER 65532:65532
ENV COFFER_LISTEN=:8880 COFFER_DATA=/data COFFER_LOG_STDOUT=true
VOLUME /data
EXPOSE 8880
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/coffer", "healthcheck"]
ENTRYPOINT ["/coffer"]
CMD ["serve"]
