# shellcheck shell=bash disable=SC2034
# The worker of @bazel/typescript 5.8.1 from npm, behind ts_project with supports_workers: proto, one request at a time.
WORKLOAD=ts-project
# A compiler is heavy to start, and what each case starts it for is the same work.
LIMITS=(--cases 12 --budget 120s)
# tsc_wrapped stands for this one in the gate: both start the same compiler.
CORE=(none)

install() {
  install_npm typescript
}
