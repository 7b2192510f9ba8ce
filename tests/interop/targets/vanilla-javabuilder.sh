# shellcheck shell=bash disable=SC2034
# VanillaJavaBuilder of Bazel 0.18.0, the same for a JDK whose compiler Bazel does not replace: proto, one request at a time.
WORKLOAD=vanilla-javabuilder
# A compiler is heavy to start, and what each case starts it for is the same work.
LIMITS=(--cases 12 --budget 120s)
# The Java workers with the official library stand for this one in the gate: it is heavy to start.
CORE=(none)

install() {
  install_java_builders
}
