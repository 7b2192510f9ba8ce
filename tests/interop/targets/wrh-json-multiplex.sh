# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, JSON, multiplex. No cancellation: its JSON reader skips the field `cancel`.
COMMAND=("${JAVA_TOOL[@]}" --protocol=json)
DIALECT=json
FEATURES=multiplex

install() {
  install_java_tool
}
