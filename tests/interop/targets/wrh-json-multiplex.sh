# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, JSON, multiplex. No cancellation: its JSON reader skips the field `cancel`.
COMMAND=("${JAVA_TOOL[@]}" --protocol=json)
DIALECT=json
FEATURES=multiplex
# A JVM for each script takes its time: few generated ones in the gate.
CORE=(--cases 10 --budget 30s)

install() {
  install_java_tool
}
