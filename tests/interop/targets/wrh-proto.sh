# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, proto, one request at a time, no cancellation.
COMMAND=("${JAVA_TOOL[@]}" --protocol=proto)
DIALECT=proto
FEATURES=""
EXPECT_EXIT=1
VIOLATES=(W-057)
MAY_VIOLATE=(W-025 W-027 W-031 W-111)

install() {
  install_java_tool
}
