# shellcheck shell=bash disable=SC2034
# The worker of @bazel/typescript 5.8.1 from npm, behind ts_project with supports_workers: proto, one request at a time.
WORKLOAD=ts-project

install() {
  install_npm typescript
}
