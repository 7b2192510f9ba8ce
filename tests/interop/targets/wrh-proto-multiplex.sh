# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, proto, multiplex, with a cancel callback that interrupts the working thread.
COMMAND=("${JAVA_TOOL[@]}" --protocol=proto --cancellation)
DIALECT=proto
FEATURES=multiplex,cancellation
# The gate has the same handler with one request at a time in proto, and several in json.
CORE=(none)

install() {
  install_java_tool
}
