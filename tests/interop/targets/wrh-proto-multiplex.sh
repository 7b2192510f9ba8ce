# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, proto, multiplex, with a cancel callback that interrupts the working thread.
COMMAND=("${JAVA_TOOL[@]}" --protocol=proto --cancellation)
DIALECT=proto
FEATURES=multiplex,cancellation

install() {
  install_java_tool
}
