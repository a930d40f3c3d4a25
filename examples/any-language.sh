#!/bin/sh
# A worker in any language is one that sends heartbeats. Here Python serves and curl beats:
#   sh any-language.sh
# Without the loop, `skein run` does it: skein run --service files -- sh -c 'exec python3 -m http.server $PORT'
port=${PORT:-8085}
control=${SKEIN_CONTROL:-http://127.0.0.1:7600}
python3 -m http.server "$port" &
server=$!
trap 'kill $server' EXIT INT TERM
while kill -0 $server; do
  curl -s -o /dev/null "$control/v1/heartbeat" -H 'content-type: application/json' \
    -d "{\"service\":\"files\",\"id\":\"files-1\",\"address\":\":$port\"}"
  sleep 1
done
