#!/bin/sh
# A cluster that cannot be reached.
echo "connection refused" >&2
exit 1
