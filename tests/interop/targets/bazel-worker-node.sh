# shellcheck shell=bash disable=SC2034
# @bazel/worker 5.8.1 from npm, the worker library of rules_nodejs: proto, one request at a time.
COMMAND=(node "$CACHE/node/tool.js")
DIALECT=proto
FEATURES=""
EXPECT_EXIT=1
VIOLATES=(W-012 W-057)
# W-050: a piece that W-012 is about can also spoil the request behind it.
MAY_VIOLATE=(W-011 W-025 W-027 W-031 W-050 W-111)

install() {
  install_node_tool
}
