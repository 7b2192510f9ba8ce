# shellcheck shell=bash disable=SC2034
# Bazel 0.29.0 from npm, the build tool: proto, one request at a time.
CLIENT=bazel
BIN=$(bazel_of_npm 0.29.0)
STARTUP=(--nosystem_rc)
# The newest Bazel stands for the others in the gate.
CORE=(none)

install() {
  install_bazel_of_npm 0.29.0
}
