# Three images, all from nothing: the static binary is built beforehand and given in the build context.
#
#   RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=static" cargo build --profile dist --target x86_64-unknown-linux-gnu
#   docker build -t sealgate .
#   cp /bin/busybox target/busybox && docker build -t sealgate:ci --target ci .
#   docker build -t sealgate:action --target action .
#
# BINARY and BUSYBOX are paths in the build context. busybox must be a static one (Debian: busybox-static).
ARG BINARY=target/x86_64-unknown-linux-gnu/dist/sealgate
ARG BUSYBOX=target/busybox
ARG VERSION=0.0.0

# For jobs that run a script in the image (GitLab `image:`, CodeBuild): a shell, and no entry point in its way.
# It stays root, because such jobs write to folders that belong to root.
FROM scratch AS ci
ARG BINARY
ARG BUSYBOX
ARG VERSION
LABEL org.opencontainers.image.title="sealgate (with a shell)" \
      org.opencontainers.image.description="Sign and verify container images in CI, in the Notary Project format" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-only" \
      org.opencontainers.image.version="${VERSION}"
ENV PATH=/usr/local/bin:/usr/bin:/bin HOME=/root
COPY --chmod=0755 ${BUSYBOX} /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /etc /root /tmp /usr/bin && chmod 1777 /tmp \
    && echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd && echo 'root:x:0:' > /etc/group
COPY --chmod=0755 ${BINARY} /usr/local/bin/sealgate
CMD ["sh"]

# For the GitHub Action: the binary and nothing else, as root, because the runner's files belong to root.
FROM scratch AS action
ARG BINARY
ARG VERSION
LABEL org.opencontainers.image.title="sealgate (GitHub Action)" \
      org.opencontainers.image.description="Sign and verify container images in CI, in the Notary Project format" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
ENV PATH=/
COPY --chmod=0755 ${BINARY} /sealgate
ENTRYPOINT ["/sealgate"]

# The same for everybody else. The user has no name: there is no file that could tell one.
FROM action AS default
LABEL org.opencontainers.image.title="sealgate"
USER 65532:65532
