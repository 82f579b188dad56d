#!/bin/sh
# Managed by guise: persona performance-testing.
# Puts load on {{ target }} for as long as the first argument says, 10s without one.
exec wrk --threads {{ threads }} --connections {{ connections }} --duration "${1:-10s}" --latency '{{ target }}'
