# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, proto, multiplex, with a cancel callback that interrupts the working thread.
COMMAND=("${JAVA_TOOL[@]}" --protocol=proto --cancellation)
DIALECT=proto
FEATURES=multiplex,cancellation
EXPECT_EXIT=1
VIOLATES=(W-057)
MAY_VIOLATE=(W-025 W-027 W-031 W-064 W-073 W-111)

install() {
  install_java_tool
}
