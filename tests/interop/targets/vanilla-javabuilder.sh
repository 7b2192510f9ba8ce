# shellcheck shell=bash disable=SC2034
# VanillaJavaBuilder of Bazel 0.18.0, the same for a JDK whose compiler Bazel does not replace: proto, one request at a time.
WORKLOAD=vanilla-javabuilder
# A compiler is heavy to start, and what each case starts it for is the same work.
LIMITS=(--cases 12 --budget 120s)
# No generated script in the gate: the requests of the workload and the fixed scripts are what tells compilers apart.
CORE=(--cases 0 --budget 60s)

install() {
  install_java_builders
}
