# shellcheck shell=bash disable=SC2034
# WorkRequestHandler of Bazel 4.2.3, JSON, multiplex. No cancellation: its JSON reader skips the field `cancel`.
COMMAND=("${JAVA_TOOL[@]}" --protocol=json)
DIALECT=json
FEATURES=multiplex
EXPECT_EXIT=1
VIOLATES=(W-014 W-057)
MAY_VIOLATE=(W-025 W-031 W-064 W-073 W-111)

install() {
  install_java_tool
}
