# shellcheck shell=bash
# What the gate and the nightly run share: steps with their times, work beside them, and the table at the end.
#
#   step TITLE            the next step begins; the one before is over, and its time is printed
#   beside NAME COMMAND   starts a command in the background; its output goes to a log
#   wait_for NAME         waits for it; prints the log and ends the run if it has failed
#   run_and_keep NAME COMMAND   runs a command, shows its output, and keeps its last line for the end
#   closing NAME          keeps the last line of a log for the end
#   finish                the table, then the last lines of the test runners

GATE_LOGS=$(mktemp -d)
declare -A BESIDE_PID=() BESIDE_BEGAN=()
STEPS=() CLOSING=()
STEP="" STEP_BEGAN=0 STEP_CPU=0
GATE_BEGAN=$SECONDS

# Whatever happens, nothing that was started here goes on.
trap 'code=$?; for pid in "${BESIDE_PID[@]}"; do kill -- "-$pid" 2>/dev/null || true; done; rm -rf "$GATE_LOGS"; exit $code' EXIT
# A process group for each background command, so that all of it can be ended.
set -m

# row NAME WALL CPU: one line of the table.
row() {
  printf '%-64s %5d s %6s\n' "$1" "$2" "$3"
}

# memory_folder: a folder in memory where there is enough of it, else the one for temporary files.
memory_folder() {
  local free
  free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
  if [[ ${free:-0} -gt 2000000 ]]; then echo /dev/shm; else echo "${TMPDIR:-/tmp}"; fi
}

end_step() {
  [[ -n $STEP ]] || return 0
  times >"$GATE_LOGS/times"
  local wall=$((SECONDS - STEP_BEGAN)) cpu
  cpu=$(($(cpu_of "$GATE_LOGS/times") - STEP_CPU))
  STEPS+=("$(row "$STEP" "$wall" "$cpu s")")
  printf -- '-- %s: %d s, %d s of processor time\n' "$STEP" "$wall" "$cpu"
  STEP=""
}

# cpu_of FILE: whole seconds of the line about the children in what `times` has written.
cpu_of() {
  sed -n 2p "$1" | tr 'ms' '  ' | awk '{printf "%d", $1 * 60 + $2 + $3 * 60 + $4}'
}

step() {
  end_step
  times >"$GATE_LOGS/times"
  STEP=$1 STEP_BEGAN=$SECONDS STEP_CPU=$(cpu_of "$GATE_LOGS/times")
  printf '\n== %s ==\n' "$1"
}

beside() {
  local name=$1
  shift
  BESIDE_BEGAN[$name]=$SECONDS
  { "$@" && code=0 || code=$?; echo "$SECONDS" >"$GATE_LOGS/$name.ended"; exit "$code"; } >"$GATE_LOGS/$name.log" 2>&1 </dev/null &
  BESIDE_PID[$name]=$!
}

wait_for() {
  local name=$1 code=0 began=$SECONDS
  wait "${BESIDE_PID[$name]}" || code=$?
  unset "BESIDE_PID[$name]"
  if [[ $code != 0 ]]; then
    echo "$name has failed with exit code $code; its output:" >&2
    cat "$GATE_LOGS/$name.log" >&2
    exit 1
  fi
  local took=$(($(<"$GATE_LOGS/$name.ended") - BESIDE_BEGAN[$name]))
  STEPS+=("$(row "  beside: $name, waited for $((SECONDS - began)) s" "$took" "")")
  printf -- '-- %s: %d s beside the other steps, waited for %d s\n' "$name" "$took" $((SECONDS - began))
}

run_and_keep() {
  local name=$1 code=0
  shift
  "$@" 2>&1 | tee "$GATE_LOGS/$name.log" || code=${PIPESTATUS[0]}
  closing "$name"
  return "$code"
}

# closing NAME [TEXT]: the last line, or the last one with this text.
closing() {
  CLOSING+=("$1: $(grep -v '^[[:space:]]*$' "$GATE_LOGS/$1.log" | grep -F -- "${2:-}" | tail -n 1)")
}

finish() {
  end_step
  printf '\n== how long it took ==\n'
  printf '%s\n' "${STEPS[@]}" "$(row "in all" $((SECONDS - GATE_BEGAN)) "")"
  printf '\n== what the test runners say ==\n'
  printf '%s\n' "${CLOSING[@]}"
}
