#!/usr/bin/env bash
# Runs each fuzz target of the tree for FUZZTIME: a duration, or a number of runs
# as in 150000x. One by one: go fuzzes only one target at a time. A failing input
# lands in testdata/fuzz of its package; commit it with the fix.
#
# By default it counts: Go before 1.27 may end a duration with a false "context
# deadline exceeded" (go.dev/issue/75804).
set -euo pipefail
go=${GO:-go}

targets=0
for pkg in $($go list ./...); do
	dir=$($go list -f '{{.Dir}}' "$pkg")
	# grep, since `go test -list` would build every test binary to find none
	names=$(grep -hoE '^func Fuzz[A-Z0-9_][A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | awk '{print $2}') || continue
	for name in $names; do
		targets=$((targets + 1))
		$go test -run='^$' -fuzz="^$name\$" -fuzztime="${FUZZTIME:-150000x}" "$pkg"
	done
done
if [[ $targets -eq 0 ]]; then
	echo "no fuzz target was found: the parsers of internal/wire should have some" >&2
	exit 1
fi
echo "$targets fuzz targets, nothing found"
