# shellcheck shell=bash disable=SC2034
# Bazel 0.18.0 from npm, the build tool: proto, one request at a time.
CLIENT=bazel
BIN=$(bazel_of_npm 0.18.0)
STARTUP=(--nomaster_bazelrc)
# The newest Bazel stands for the others in the gate; this one builds with real workers there (matrix/).
CORE=(none)

install() {
  install_bazel_of_npm 0.18.0
}
