# shellcheck shell=bash disable=SC2034
# JavaBuilder of Bazel 0.18.0, the worker behind java_library, with Error Prone: proto, one request at a time.
WORKLOAD=javabuilder
# A compiler is heavy to start, and what each case starts it for is the same work.
LIMITS=(--cases 12 --budget 120s)
# The Java workers with the official library stand for this one in the gate: it is heavy to start.
CORE=(none)

install() {
  install_java_builders
}
