# shellcheck shell=bash
# What `run` and the files in targets/ share: installing the subjects, running the suite against one, comparing.
#
# A target is a file targets/NAME.sh that defines install(), which costs nothing when all is there already, and may set
#   WORKLOAD       workloads/WORKLOAD.toml has its requests; `tool` without it
#   COMMAND        array: how to start the subject, if the workload does not say (the suite adds --persistent_worker)
#   DIALECT        proto or json, if the workload does not say
#   FEATURES       what it declares, separated by commas, if the workload does not say
#   LIMITS         array: options that bound the run, such as --cases
#   CORE           array: the same for --core, instead of LIMITS; `none` leaves the target to the nightly run
# or, where the subject is a build tool:
#   CLIENT         how it is made to build: bazel
#   BIN            its program
#   STARTUP        array: further startup flags
# expectations/NAME.toml has its known failures, each with a reason; without that file it has to be conformant.

# shellcheck source=../install.sh
source "$(dirname "${BASH_SOURCE[0]}")/../install.sh"
INTEROP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$INTEROP/../.." && pwd)
CACHE=$INTEROP/.cache
REPORTS=$CACHE/reports
SAVED=$INTEROP/reports
EXPECTATIONS=$INTEROP/expectations

die() {
  echo "interop: $*" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || die "$1 is missing; install it: $2"
}

# stamp_of FILE...: one line that changes when one of the files does, or its place.
stamp_of() {
  sha256sum "$@" | sha256sum | cut -d' ' -f1
}

# is_fresh NAME STAMP: whether `.cache/NAME` was finished with this stamp.
is_fresh() {
  [[ -f $CACHE/$1/.stamp && $(<"$CACHE/$1/.stamp") == "$2" ]]
}

# install_npm NAME: subjects/NAME as its package-lock.json pins it, into .cache/NAME.
install_npm() {
  need node "Node 20 or newer"
  need npm "it comes with Node"
  local source=$INTEROP/subjects/$1 target=$CACHE/$1 stamp
  stamp=$(stamp_of "$source"/*)
  is_fresh "$1" "$stamp" && return
  rm -rf "$target"
  mkdir -p "$target"
  cp "$source"/* "$target/"
  # The packages' own checks and the browsers that they name as peers are of no use to a worker.
  npm ci --prefix "$target" --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error >"$target/npm.log" 2>&1 ||
    die "npm could not install what subjects/$1/package.json names; is the registry reachable? See $target/npm.log"
  echo "$stamp" >"$target/.stamp"
}

# bazel_of_npm VERSION: the program of a Bazel that install_npm "bazel/VERSION" has installed.
bazel_of_npm() {
  echo "$CACHE/bazel/$1/node_modules/@bazel/bazel-linux_x64/bazel-$1-linux-x86_64"
}

# install_bazel_of_npm VERSION
install_bazel_of_npm() {
  install_npm "bazel/$1"
  chmod +x "$(bazel_of_npm "$1")" || die "the npm package @bazel/bazel-linux_x64@$1 holds no program for Linux on x86-64"
}

# Bazel 0.18.0 is one file, a program with a zip archive behind it. Of its 450 MB the Java workers need the JDK that it
# brings, their own two jars, and the compiler that replaces the one of the JDK.
OLD_BAZEL=bazel-0.18.0
OLD_BAZEL_STAMP="$OLD_BAZEL 1"

install_java_builders() {
  is_fresh "$OLD_BAZEL" "$OLD_BAZEL_STAMP" && return
  install_bazel_of_npm 0.18.0
  rm -rf "${CACHE:?}/$OLD_BAZEL"
  mkdir -p "$CACHE/$OLD_BAZEL"
  python3 - "$(bazel_of_npm 0.18.0)" "$CACHE/$OLD_BAZEL" <<'PYTHON' ||
import os, sys, zipfile

PLACES = {"embedded_tools/jdk/": "jdk/", "embedded_tools/third_party/java/jdk/langtools/": "langtools/", "embedded_tools/tools/jdk/": ""}
with zipfile.ZipFile(sys.argv[1]) as archive:
    for member in archive.infolist():
        place = next((place for place in PLACES if member.filename.startswith(place)), None)
        name = member.filename[len(place or ""):]
        wanted = place == "embedded_tools/jdk/" or name in (
            "java_compiler.jar", "jdk_compiler.jar", "JavaBuilder_deploy.jar", "VanillaJavaBuilder_deploy.jar")
        if member.is_dir() or not wanted:
            continue
        path = os.path.join(sys.argv[2], PLACES[place], name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(archive.read(member))
        os.chmod(path, member.external_attr >> 16 & 0o777 or 0o644)
PYTHON
    die "the Java workers could not be taken out of the npm package @bazel/bazel-linux_x64"
  echo "$OLD_BAZEL_STAMP" >"$CACHE/$OLD_BAZEL/.stamp"
}

# The Debian package with Bazel's Java server, whose jar holds the official worker library; unpacked, not installed.
BAZEL_PACKAGE=bazel-bootstrap-data
BAZEL_VERSION=4.2.3+ds-9
BAZEL_JAR=$CACHE/bazel-bootstrap/usr/share/bazel/A-server.jar

install_bazel_jar() {
  is_fresh bazel-bootstrap "$BAZEL_VERSION" && return
  need apt-get "the Java subjects need a Debian 12 package"
  need dpkg-deb "the Java subjects need a Debian 12 package"
  rm -rf "$CACHE/bazel-bootstrap"
  mkdir -p "$CACHE/bazel-bootstrap"
  local log=$CACHE/bazel-bootstrap/apt.log
  # A fresh machine has no package lists, an old one may have stale ones: the update comes when it is needed.
  download_bazel_package "$log" || { flock "${TMPDIR:-/tmp}/pwp-apt.lock" apt-get update >>"$log" 2>&1 && download_bazel_package "$log"; } ||
    die "apt-get could not fetch $BAZEL_PACKAGE=$BAZEL_VERSION (Debian 12); run 'apt-get update' as root. See $log"
  dpkg-deb -x "$CACHE"/bazel-bootstrap/*.deb "$CACHE/bazel-bootstrap"
  rm "$CACHE"/bazel-bootstrap/*.deb
  [[ -s $BAZEL_JAR ]] || die "$BAZEL_PACKAGE $BAZEL_VERSION holds no A-server.jar; the findings are for one that does"
  echo "$BAZEL_VERSION" >"$CACHE/bazel-bootstrap/.stamp"
}

download_bazel_package() {
  (cd "$CACHE/bazel-bootstrap" && apt-get -o APT::Sandbox::User=root download "$BAZEL_PACKAGE=$BAZEL_VERSION" >>"$1" 2>&1)
}

# The same Bazel as a program. Debian's has to be installed: it finds its parts by absolute paths.
install_bazel_of_debian() {
  local log=$CACHE/bazel-of-debian.log found
  found=$(dpkg-query -W -f '${Version}' bazel-bootstrap 2>/dev/null) || true
  if [[ $found != "$BAZEL_VERSION" ]]; then
    need apt-get "this Bazel is a Debian 12 package"
    apt_install "$log" "bazel-bootstrap=$BAZEL_VERSION" ||
      die "apt-get could not install bazel-bootstrap=$BAZEL_VERSION (Debian 12); run it as root. See $log"
  fi
}

# Compiles the Java tool against the jar.
install_java_tool() {
  need java "JDK 17 or newer"
  need javac "JDK 17 or newer"
  install_bazel_jar
  local stamp
  stamp="$BAZEL_VERSION $(stamp_of "$INTEROP"/subjects/java/*.java)"
  is_fresh java "$stamp" && return
  rm -rf "$CACHE/java"
  mkdir -p "$CACHE/java"
  # -proc:none: the jar brings annotation processors whose own dependencies it lacks.
  javac -proc:none -cp "$BAZEL_JAR" -d "$CACHE/java" "$INTEROP"/subjects/java/*.java >"$CACHE/java/javac.log" 2>&1 ||
    die "javac could not compile subjects/java; JDK 17 or newer is needed. See $CACHE/java/javac.log"
  echo "$stamp" >"$CACHE/java/.stamp"
}

# One small JVM is what a build tool would start; the full optimizer only slows the start-up down.
# shellcheck disable=SC2034  # used in targets/
JAVA_TOOL=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$BAZEL_JAR:$CACHE/java" Main)

# Builds the suite unless PWP names a binary; sets PWP.
build_pwp() {
  [[ -n ${PWP:-} ]] && return
  need cargo "the Rust toolchain that rust-version in Cargo.toml names"
  (cd "$ROOT" && cargo build --release --locked -p pwp) || die "pwp does not build"
  PWP=${CARGO_TARGET_DIR:-$ROOT/target}/release/pwp
}

# is_of_this_run NAME: whether the target is run where none is named: --core and --tools or --workers leave some out.
is_of_this_run() {
  (
    CORE=() CLIENT="" role=workers
    # shellcheck source=/dev/null
    source "$INTEROP/targets/$1.sh"
    [[ -z $CLIENT ]] || role=tools
    [[ ${ROLE:-$role} == "$role" && (-z ${CORE_ONLY:-} || ${CORE[*]} != none) ]]
  )
}

# run_target NAME: installs and checks; the reason of a failure goes to stdout.
run_target() {
  local COMMAND=() DIALECT="" FEATURES="" WORKLOAD=tool LIMITS=() CORE=() CLIENT="" BIN="" STARTUP=()
  # shellcheck source=/dev/null
  source "$INTEROP/targets/$1.sh"
  install
  [[ -n ${INSTALL_ONLY:-} ]] && return
  [[ -z ${CORE_ONLY:-} || ${#CORE[@]} == 0 ]] || LIMITS=("${CORE[@]}")
  local report=$REPORTS/$1.json log=$REPORTS/$1.log options=() exit=0
  [[ -z $DIALECT ]] || options+=(--dialect "$DIALECT")
  [[ -z $FEATURES ]] || options+=(--feature "$FEATURES")
  [[ ! -f $EXPECTATIONS/$1.toml ]] ||
    options+=(--expect "$EXPECTATIONS/$1.toml" ${UPDATE:+--update-expectations} ${INVESTIGATE:+--investigate})
  rm -f "$report"
  local check=(worker --workload "$INTEROP/workloads/$WORKLOAD.toml" "${LIMITS[@]}") command=(-- "${COMMAND[@]}")
  if [[ -n $CLIENT ]]; then
    check=(client "$CLIENT" --bin "$BIN" "${LIMITS[@]}" "${STARTUP[@]/#/--startup-flag=}") command=()
  fi
  # The watchdog is for a hang of the suite itself; each step in it has its own limit.
  timeout --kill-after=10 900 "$PWP" check "${check[@]}" "${options[@]}" --report "$report" "${command[@]}" >"$log" 2>&1 ||
    exit=$?
  # What is committed names no folder of the machine on which it was made.
  [[ -z ${SAVE:-} || ! -s $report ]] || sed "s#$PWP#pwp#g; s#$ROOT#.#g; s#${TMPDIR:-/tmp}/pwp-[A-Za-z0-9]*#{run}#g" "$report" >"$SAVED/$1.json"
  if [[ $exit != 0 ]]; then
    tail -n 40 "$log" | sed 's/^/  /'
    echo "  exit code $exit; all of it is in $log and $report"
    return 1
  fi
}
