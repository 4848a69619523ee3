#!/bin/sh
# A cluster that knows of a Job, but no longer of its pods.
case "$*" in
    *"get job"*) echo '{"status":{"conditions":[{"type":"Failed","status":"True","reason":"DeadlineExceeded"}]}}' ;;
    *) echo "pods are gone" >&2; exit 1 ;;
esac
