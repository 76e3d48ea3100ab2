#!/bin/sh
# quietly.sh LOG COMMAND...: runs the command with its output in LOG; shows LOG's end only if the command fails.
set -u
log=$1
shift
mkdir -p "$(dirname "$log")"
"$@" >"$log" 2>&1 </dev/null && exit 0
code=$?
tail -n 40 "$log" >&2
echo "failed ($code): $*" >&2
echo "the whole output is in $log" >&2
exit "$code"
