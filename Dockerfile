# Vouchsafe in a container: one binary on a slim Debian, no shell needed to run it, not root.
#
#   docker build -t vouchsafe .
#   docker run -p 127.0.0.1:8080:8080 -v vouchsafe:/var/lib/vouchsafe vouchsafe
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# gcc and libc6-dev come with the image; the build needs no other library. `dist` is the small, fully optimised profile.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked && cp target/dist/vouchsafe /vouchsafe
# Folders that belong to the program's user: a new volume takes their owner and mode.
RUN install -d -m 0700 /var/lib/vouchsafe/data /var/lib/vouchsafe/keys

FROM debian:bookworm-slim
COPY --from=build /vouchsafe /usr/local/bin/vouchsafe
COPY --from=build /src/LICENSE-APACHE /src/LICENSE-MIT /usr/share/doc/vouchsafe/
COPY --from=build --chown=10001:10001 /var/lib/vouchsafe /var/lib/vouchsafe
USER 10001:10001
WORKDIR /var/lib/vouchsafe
ENV VOUCHSAFE_LISTEN=0.0.0.0:8080 \
    VOUCHSAFE_DATABASE_URL=sqlite:///var/lib/vouchsafe/data/vouchsafe.db \
    VOUCHSAFE_KEYS_DIR=/var/lib/vouchsafe/keys
EXPOSE 8080
# `/readyz` asks the database and the keys, `/healthz` only whether the process is alive. bash speaks the two lines of HTTP,
# so the image needs no client.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
# SIGTERM drains: requests under way are answered before the process ends.
ENTRYPOINT ["vouchsafe"]
CMD ["serve"]
