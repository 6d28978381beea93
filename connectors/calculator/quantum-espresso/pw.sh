#!/bin/sh
# Runs pw.x on one point of peierls: pw.sh <command of pw.x> -in pw.in
# Where the job has an end, pw.x is told to stop in good order before it, so that it says why it stopped.
if [ -n "${PEIERLS_SECONDS_LEFT:-}" ] && [ "$PEIERLS_SECONDS_LEFT" -gt 0 ] && ! grep -q max_seconds pw.in; then
  awk -v seconds=$((PEIERLS_SECONDS_LEFT * 95 / 100)) '{ print } /^&CONTROL/ { print "  max_seconds = " seconds }' pw.in > pw.in.new &&
    mv pw.in.new pw.in
fi
exec "$@"
