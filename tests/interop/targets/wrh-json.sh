# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, JSON, one request at a time, no cancellation.
COMMAND=("${JAVA_TOOL[@]}" --protocol=json)
DIALECT=json
# The gate has the same handler with one request at a time in proto, and several in json.
CORE=(none)

install() {
  install_java_tool
}
