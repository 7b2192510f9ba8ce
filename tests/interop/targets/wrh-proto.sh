# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, proto, one request at a time, no cancellation.
COMMAND=("${JAVA_TOOL[@]}" --protocol=proto)
DIALECT=proto

install() {
  install_java_tool
}
