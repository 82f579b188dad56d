#!/bin/sh
# Enters each cgroup named before "--", then becomes the command after it.
# A process that places itself cannot start anything outside; one placed from outside could.
# When a cgroup is gone (the lab went down in the meantime) it ends without starting the command.
set -eu
while [ "$1" != -- ]; do
  echo "$$" >"$1/cgroup.procs"
  shift
done
shift
exec "$@"
