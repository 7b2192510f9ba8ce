# shellcheck shell=bash
# What `run` and the files in targets/ share: installing the subjects, running the suite against one, comparing.
#
# A target is a file targets/NAME.sh that sets
#   COMMAND        array: how to start the subject (absolute paths; the suite adds --persistent_worker)
#   DIALECT        proto or json
#   FEATURES       what it declares, separated by commas; may be empty
#   EXPECT_EXIT    the exit code that `pwp check worker` ends with
#   VIOLATES       array: MUST requirements that the report has to show as broken (FINDINGS.md says why)
#   MAY_VIOLATE    array: MUST requirements that it breaks now and then (races), or only if a run gets that far
# and defines install(), which makes COMMAND work and costs nothing when all is there already.

INTEROP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$INTEROP/../.." && pwd)
CACHE=$INTEROP/.cache
REPORTS=$CACHE/reports
SAVED=$INTEROP/reports

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

# Installs @bazel/worker as package-lock.json pins it, with the tool beside it.
install_node_tool() {
  need node "Node 20 or newer"
  need npm "it comes with Node"
  local source=$INTEROP/subjects/node stamp
  stamp=$(stamp_of "$source"/*)
  is_fresh node "$stamp" && return
  rm -rf "$CACHE/node"
  mkdir -p "$CACHE/node"
  cp "$source"/* "$CACHE/node/"
  npm ci --prefix "$CACHE/node" --no-audit --no-fund --loglevel=error >"$CACHE/node/npm.log" 2>&1 ||
    die "npm could not install @bazel/worker; is the registry reachable? See $CACHE/node/npm.log"
  echo "$stamp" >"$CACHE/node/.stamp"
}

# The Debian package with Bazel's Java server, whose jar holds the official worker library; unpacked, not installed.
BAZEL_PACKAGE=bazel-bootstrap-data
BAZEL_VERSION=4.2.3+ds-9
BAZEL_JAR=$CACHE/bazel/usr/share/bazel/A-server.jar

install_bazel_jar() {
  is_fresh bazel "$BAZEL_VERSION" && return
  need apt-get "the Java subjects need a Debian 12 package"
  need dpkg-deb "the Java subjects need a Debian 12 package"
  rm -rf "$CACHE/bazel"
  mkdir -p "$CACHE/bazel"
  local log=$CACHE/bazel/apt.log
  # A fresh machine has no package lists, an old one may have stale ones: the update comes when it is needed.
  download_bazel_package "$log" || { apt-get update >>"$log" 2>&1 && download_bazel_package "$log"; } ||
    die "apt-get could not fetch $BAZEL_PACKAGE=$BAZEL_VERSION (Debian 12); run 'apt-get update' as root. See $log"
  dpkg-deb -x "$CACHE"/bazel/*.deb "$CACHE/bazel"
  rm "$CACHE"/bazel/*.deb
  [[ -s $BAZEL_JAR ]] || die "$BAZEL_PACKAGE $BAZEL_VERSION holds no A-server.jar; the findings are for one that does"
  echo "$BAZEL_VERSION" >"$CACHE/bazel/.stamp"
}

download_bazel_package() {
  (cd "$CACHE/bazel" && apt-get -o APT::Sandbox::User=root download "$BAZEL_PACKAGE=$BAZEL_VERSION" >>"$1" 2>&1)
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

# failed_requirements REPORT: the ids with the verdict `fail` (a broken MUST), one a line, sorted.
failed_requirements() {
  python3 - "$1" 2>/dev/null <<'PYTHON'
import json, re, sys

def walk(node):
    if isinstance(node, dict):
        ids = [v for v in (node.get("id"), node.get("requirement")) if isinstance(v, str) and re.fullmatch(r"W-\d+", v)]
        if ids and node.get("verdict") == "fail":
            yield ids[0]
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)

with open(sys.argv[1], encoding="utf-8") as report:
    print("\n".join(sorted(set(walk(json.load(report))))))
PYTHON
}

# run_target NAME: installs, checks and compares; the reason of a failure goes to stdout.
run_target() {
  local COMMAND=() DIALECT=proto FEATURES="" EXPECT_EXIT=0 VIOLATES=() MAY_VIOLATE=()
  # shellcheck source=/dev/null
  source "$INTEROP/targets/$1.sh"
  install
  [[ -n ${INSTALL_ONLY:-} ]] && return
  local report=$REPORTS/$1.json log=$REPORTS/$1.log exit=0 failed id status=0
  rm -f "$report"
  # The watchdog is for a hang of the suite itself; each step in it has its own limit.
  timeout --kill-after=10 900 "$PWP" check worker --dialect "$DIALECT" ${FEATURES:+--feature "$FEATURES"} \
    --workload "$INTEROP/workloads/tool.toml" --report "$report" -- "${COMMAND[@]}" >"$log" 2>&1 || exit=$?
  if [[ $exit != "$EXPECT_EXIT" ]]; then
    echo "  exit code $exit, expected $EXPECT_EXIT"
    status=1
  fi
  [[ -s $report ]] || { echo "  no report was written; see $log" && return 1; }
  failed=$(failed_requirements "$report") || { echo "  $report is not a report" && return 1; }
  for id in "${VIOLATES[@]}"; do
    grep -qx "$id" <<<"$failed" || { echo "  $id is expected to fail and did not (see FINDINGS.md)" && status=1; }
  done
  for id in $failed; do
    [[ " ${VIOLATES[*]} ${MAY_VIOLATE[*]} " == *" $id "* ]] || { echo "  $id fails and is not expected to" && status=1; }
  done
  [[ $status == 0 ]] || echo "  see $log and $report"
  # What is committed names no folder of the machine on which it was made.
  [[ -z ${SAVE:-} ]] || sed "s#$ROOT#.#g" "$report" >"$SAVED/$1.json"
  return $status
}
