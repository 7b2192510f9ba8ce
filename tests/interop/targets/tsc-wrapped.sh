# shellcheck shell=bash disable=SC2034
# tsc_wrapped of @bazel/concatjs 5.8.1 from npm, the worker behind ts_library: proto, one request at a time.
WORKLOAD=tsc-wrapped
# A compiler is heavy to start, and what each case starts it for is the same work.
LIMITS=(--cases 12 --budget 120s)
# No generated script in the gate: the requests of the workload and the fixed scripts are what tells compilers apart.
CORE=(--cases 0 --budget 60s)

install() {
  install_npm typescript
}
