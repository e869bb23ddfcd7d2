#!/usr/bin/env bash
# Requests that servers which say hello answer a second, and how long they take: `run.sh [RUFF]`
# has the same load from another process on Ruff's and Node's. The second line of each is the one
# that counts: the first warms up.
set -euo pipefail
cd "$(dirname "$0")"
ruff=${1:-ruff}
measure() {
    local name=$1 port
    shift
    coproc server { exec "$@"; }
    local pid=$!
    read -r port <&"${server[0]}"
    for connections in 1 32 256; do
        echo "$name, $connections connections"
        "$ruff" run load.ruff "$port" "$connections" 40000
    done
    kill "$pid"
    wait "$pid" 2>/dev/null || true
}
measure ruff "$ruff" run server.ruff
if command -v node >/dev/null; then measure node node server.js; fi
