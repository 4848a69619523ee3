# The release binary and the migrations it applies, run by a user without privileges.
# Nothing secret goes in: DATABASE_URL is given when the container starts.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package pgrefit-cli

FROM debian:bookworm-slim
# The root certificates against which the server's TLS certificate is verified.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/pgrefit /usr/local/bin/pgrefit
COPY migrations /app/migrations
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/pgrefit"]
