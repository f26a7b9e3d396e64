#!/bin/sh
# Many boards at one computer: a process for each serial port. docs/classroom.md tells how a lesson begins.
#
#   sh classroom.sh certs /dev/ttyUSB*       reads the certificates of all boards into the folder certificates
#   sh classroom.sh run /dev/ttyUSB*         runs a session on each port, until Ctrl-C
#   sh classroom.sh missing 'http://…#key=…' says which enrolled boards the cloud does not see (the link that it prints)
#
# What all boards share (network, ID scope, where the cloud is) comes from .env; DEVICE_ID stays empty there, since each board
# knows its own. Where the program is not installed: ANYCLOUD_IOTC='node path/to/dist/cli.js' sh classroom.sh …
# The folder sessions gets a log and the exit code of every board.

program=${ANYCLOUD_IOTC:-anycloud-iotc}
sessions=sessions

usage() {
  sed -n '4,6s/^#  *//p' "$0" >&2
  exit 2
}

# Of /dev/ttyUSB0, or of COM10.
name_of() {
  basename "$1"
}

read_certificates() {
  worst=0
  for port in "$@"; do
    echo "== $(name_of "$port")"
    $program certs --port "$port" --out certificates || worst=$?
  done
  return "$worst"
}

# One session; what it says begins with the name of its port.
run_board() {
  name=$(name_of "$1")
  {
    # The process itself is told to end, not what is between it and this script.
    # shellcheck disable=SC2016,SC2086
    sh -c 'echo $$ >"$0"; exec "$@"' "$sessions/$name.pid" \
      $program --port "$1" --quiet --no-color --log-file "$sessions/$name.log"
    echo $? >"$sessions/$name.exit"
    rm -f "$sessions/$name.pid"
  } 2>&1 </dev/null | sed "s/^/$name  /"
}

end_all() {
  for file in "$sessions"/*.pid; do
    [ -f "$file" ] && kill -TERM "$(cat "$file")" 2>/dev/null
  done
}

run_all() {
  mkdir -p "$sessions"
  rm -f "$sessions"/*.exit "$sessions"/*.pid
  # The terminal tells Ctrl-C to all of them; a signal for this script alone has to be passed on.
  trap : INT
  trap end_all TERM HUP
  for port in "$@"; do
    run_board "$port" &
    sleep 1
  done
  # A signal ends a wait.
  wait
  wait
  worst=0
  for port in "$@"; do
    code=$(cat "$sessions/$(name_of "$port").exit" 2>/dev/null || echo 1)
    case $code in
      0 | 130 | 143) ;;
      *)
        echo "$(name_of "$port") has failed with exit code $code: see $sessions/$(name_of "$port").log" >&2
        worst=$code
        ;;
    esac
  done
  return "$worst"
}

missing() {
  # shellcheck disable=SC2016
  node --input-type=module -e '
    const { origin, hash } = new URL(process.argv[1]);
    const key = new URLSearchParams(hash.slice(1)).get("key");
    const headers = key === null ? {} : { Authorization: key };
    const get = async (path) => {
      const response = await fetch(origin + path, { headers });
      if (!response.ok) {
        console.error(`${origin} answers ${response.status}: is the link whole, with its key?`);
        process.exit(1);
      }
      return (await response.json()).value;
    };
    const [enrollments, devices] = await Promise.all([get("/api/enrollments"), get("/api/devices")]);
    const here = new Set(devices.filter(({ connected }) => connected).map(({ id }) => id));
    const all = new Set(devices.map(({ id }) => id));
    for (const { kind, id, deviceId } of enrollments) if (kind === "individual") all.add(deviceId ?? id);
    const missing = [...all].filter((id) => !here.has(id)).sort();
    console.log(`${here.size} of ${all.size} are connected${missing.length === 0 ? "" : "; missing:"}`);
    for (const id of missing) console.log(id);
  ' "$1"
}

[ $# -ge 2 ] || usage
command=$1
shift
case $command in
  certs) read_certificates "$@" ;;
  run) run_all "$@" ;;
  missing) missing "$1" ;;
  *) usage ;;
esac
