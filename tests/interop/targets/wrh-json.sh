# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, JSON, one request at a time, no cancellation.
COMMAND=("${JAVA_TOOL[@]}" --protocol=json)
DIALECT=json
FEATURES=""
EXPECT_EXIT=1
VIOLATES=(W-014 W-057)
MAY_VIOLATE=(W-024 W-025 W-031 W-111)

install() {
  install_java_tool
}
