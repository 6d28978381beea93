#!/bin/sh
# Runs pw.x on one point of peierls: pw.sh [--strained] <command of pw.x> -in pw.in
# Where the job has an end, pw.x is told to stop in good order before it, so that it says why it stopped.
# --strained: the points of the set are one crystal, strained. Each starts from the density of the one before it, which lies in ../density: a
# start, which changes nothing but the number of iterations. Without it, or where it is of no use, pw.x starts from free atoms.
density=
if [ "$1" = --strained ]; then
  density=../density
  shift
fi

edit() { awk "$@" pw.in > pw.in.new && mv pw.in.new pw.in; }

if [ -n "${PEIERLS_SECONDS_LEFT:-}" ] && [ "$PEIERLS_SECONDS_LEFT" -gt 0 ] && ! grep -q max_seconds pw.in; then
  edit -v seconds=$((PEIERLS_SECONDS_LEFT * 95 / 100)) '{ print } /^&CONTROL/ { print "  max_seconds = " seconds }'
fi
[ -n "$density" ] || exec "$@"

# A density is written with wave functions or not at all; those are removed below.
edit '{ sub(/disk_io = .none./, "disk_io = \047low\047"); print }'
if [ -e "$density/charge-density.dat" ]; then
  cp pw.in pw.in.atoms && mkdir -p pw.save && cp "$density"/* pw.save/ && edit '{ print } /^&ELECTRONS/ { print "  startingpot = \047file\047" }'
  "$@" > pw.first 2> pw.first.stderr
  code=$?
  if grep -q 'Error in routine\|convergence NOT achieved' pw.first; then
    rm -rf pw.save CRASH pw.first pw.first.stderr
    mv pw.in.atoms pw.in
    "$@"
    code=$?
  else
    cat pw.first
    cat pw.first.stderr >&2
    done=pw.first
  fi
else
  "$@"
  code=$?
fi
if [ "$code" = 0 ] && [ -e pw.save/charge-density.dat ] && grep -q 'JOB DONE' "${done:-stdout}" 2> /dev/null; then
  rm -rf "$density.$$"
  mkdir "$density.$$" && cp pw.save/charge-density.dat "$density.$$" && { [ ! -e pw.save/paw.txt ] || cp pw.save/paw.txt "$density.$$"; } &&
    rm -rf "$density" && mv "$density.$$" "$density"
fi
rm -f pw.first pw.first.stderr pw.in.atoms pw.save/charge-density.dat pw.save/wfc*
exit "$code"
