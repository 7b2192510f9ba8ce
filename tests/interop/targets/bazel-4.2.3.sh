# shellcheck shell=bash disable=SC2034
# Bazel 4.2.3 as Debian 12 ships it, the build tool, with multiplex: proto.
CLIENT=bazel
BIN=/usr/bin/bazel

install() {
  install_bazel_of_debian
}
