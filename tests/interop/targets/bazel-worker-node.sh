# shellcheck shell=bash disable=SC2034
# @bazel/worker 5.8.1 from npm, the worker library of rules_nodejs: proto, one request at a time.
COMMAND=(node "$CACHE/node/tool.js")
DIALECT=proto

install() {
  install_npm node
}
