# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, proto, one request at a time, no cancellation.
COMMAND=("${JAVA_TOOL[@]}" --protocol=proto)
DIALECT=proto
# A JVM for each script takes its time: few generated ones in the gate.
CORE=(--cases 10 --budget 30s)

install() {
  install_java_tool
}
