# The local cloud in a container: docs/emulator.md.
FROM node:22-alpine AS build
WORKDIR /build
COPY . .
RUN npm ci --no-audit --no-fund && npm pack --silent --pack-destination /tmp && mv /tmp/anycloud-iotc-*.tgz /tmp/anycloud-iotc.tgz

FROM node:22-alpine
# The cloud opens no serial port, so nothing native has to be built.
RUN --mount=type=bind,from=build,source=/tmp,target=/package \
    npm install --global --ignore-scripts --no-audit --no-fund /package/anycloud-iotc.tgz \
    && npm cache clean --force \
    && install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 443 8883 7070
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD node -e "require('node:net').connect(8883, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
ENTRYPOINT ["anycloud-iotc", "cloud", "--host", "0.0.0.0", "--data", "/data"]
