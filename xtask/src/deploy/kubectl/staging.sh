#!/bin/sh
# A cluster on which the Job pgrefit-migrate ends with exit code 12, and every other one well. What it was asked to do is
# noted in the file that stands for the namespace: --namespace=FILE --request-timeout=… VERB …
notes="${1#--namespace=}"
shift 2
echo "$1 $2 $3" >> "$notes"
case "$*" in
    *"get job pgrefit-migrate "*)
        echo '{"status":{"conditions":[{"type":"Failed","status":"True","reason":"PodFailurePolicy","message":"12"}]}}' ;;
    *"get job "*)
        echo '{"status":{"conditions":[{"type":"Complete","status":"True"}]}}' ;;
    *"job-name=pgrefit-migrate"*)
        echo '{"items":[{"metadata":{"name":"p"},"status":{"containerStatuses":[{"state":{"terminated":{"exitCode":12}}}]}}]}' ;;
    *"get pods"*)
        echo '{"items":[{"metadata":{"name":"p"},"status":{"containerStatuses":[{"state":{"terminated":{"exitCode":0}}}]}}]}' ;;
    *"logs p"*)
        echo "the log" ;;
esac
