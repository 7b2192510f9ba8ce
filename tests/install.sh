# shellcheck shell=bash
# What the scripts of tests/ share: packages of the system.

# apt_install LOG PACKAGE...: installs Debian packages. apt-get does not wait for another one that is at work, so those that several
# scripts start take turns.
apt_install() {
  local log=$1
  shift
  # shellcheck disable=SC2016  # the inner shell is to expand it
  flock "${TMPDIR:-/tmp}/pwp-apt.lock" sh -c 'apt-get update && apt-get install -y --no-install-recommends "$@"' sh "$@" >"$log" 2>&1
}
