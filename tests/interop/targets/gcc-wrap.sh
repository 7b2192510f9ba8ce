# shellcheck shell=bash disable=SC2034
# gcc, which knows no worker protocol, behind `pwp worker wrap`: the one subject here that has to be conformant.
WORKLOAD=gcc
# Each request starts a compiler, so that the usual budget would end before the generated scripts do. The gate runs ten of them.
LIMITS=(--budget 120s)
CORE=("${LIMITS[@]}" --cases 10)
COMMAND=("${PWP:-pwp}" worker wrap -- gcc)

install() {
  command -v gcc >/dev/null && return
  need apt-get "or install gcc in another way"
  local log=$CACHE/gcc.log
  apt_install "$log" gcc libc6-dev ||
    die "apt-get could not install gcc; run it as root. See $log"
}
