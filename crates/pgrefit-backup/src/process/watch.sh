exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ read -r _ <&3; kill -TERM $program 2>/dev/null; } &
watch=$!
exec 3<&-
wait $program
status=$?
kill $watch 2>/dev/null
wait $watch 2>/dev/null
exit $status
