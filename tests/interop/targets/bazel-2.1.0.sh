# shellcheck shell=bash disable=SC2034
# Bazel 2.1.0 from npm, the build tool, with multiplex: proto.
CLIENT=bazel
BIN=$(bazel_of_npm 2.1.0)
STARTUP=(--nosystem_rc)
# The newest Bazel stands for the others in the gate.
CORE=(none)

install() {
  install_bazel_of_npm 2.1.0
}
