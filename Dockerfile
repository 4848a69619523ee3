# Two images. `pgrefit`, the last stage, is one static binary, the migrations it applies, and root certificates: no shell, no
# package manager, nothing to log in to. `pgrefit-tools` has PostgreSQL's own programs beside it, for backups and rehearsals.
# Nothing secret goes into either: the database is named when the container starts.
#
#   docker build --target pgrefit --tag pgrefit .
#   docker build --target pgrefit-tools --tag pgrefit-tools .
#
# `cargo xtask image` makes the plain one without a container engine: it lays out the same files, and reads the last stage here
# for how a container of them starts.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# A glibc binary that needs no glibc: x86-64 and arm64 alike.
RUN cargo xtask image rootfs /rootfs

# pg_dump has to be of the server's major version or a newer one; a throwaway server, of the same. One image, one version:
# POSTGRES says which.
FROM debian:bookworm-slim AS pgrefit-tools
ARG POSTGRES=18
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# The script that postgresql-common ships adds the PostgreSQL project's own packages. Told before the server comes to create no
# cluster: an image has no use for one.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
    && sed --in-place 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
    && bash /usr/share/postgresql-common/pgdg/apt.*.sh -y \
    && apt-get install --yes --no-install-recommends "postgresql-$POSTGRES" "postgresql-$POSTGRES-pgvector" pgbackrest \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 pgrefit \
    && useradd --uid 65532 --gid 65532 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin pgrefit
COPY --from=build /rootfs/pgrefit /rootfs/pgrefit.cdx.json /
COPY --from=build /rootfs/migrations /migrations
COPY --from=build /rootfs/licenses /licenses
ENV PATH=/usr/lib/postgresql/${POSTGRES}/bin:/usr/local/bin:/usr/bin:/bin \
    PGREFIT_OFFLINE=1
WORKDIR /
USER 65532:65532
ENTRYPOINT ["/pgrefit"]

FROM scratch AS pgrefit
LABEL org.opencontainers.image.title="pgrefit"
LABEL org.opencontainers.image.description="Refits a live PostgreSQL database: migrations, audits, partitions, metrics"
LABEL org.opencontainers.image.licenses="MIT OR Apache-2.0"
LABEL org.opencontainers.image.source="https://github.com/pgrefit/pgrefit"
COPY --from=build /rootfs/ /
WORKDIR /
# A number: the kubelet cannot look names up, and refuses one where runAsNonRoot is set.
USER 65532:65532
ENTRYPOINT ["/pgrefit"]
