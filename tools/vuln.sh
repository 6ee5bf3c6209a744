#!/usr/bin/env bash
# Fails on a known vulnerability that vsay's code can reach. Without the database
# there is no answer: that is said, and is no failure, so that vsay can be built
# where the world cannot be seen.
set -euo pipefail

said=$(${GO:-go} tool -modfile=tools/go.mod govulncheck ./... 2>&1) && found=0 || found=$?
echo "$said"
if [[ $found -ne 0 && $said == *"fetching vulnerabilities"* ]]; then
	echo "govulncheck: NOT CHECKED, its database cannot be reached from here; going on." >&2
	exit 0
fi
exit "$found"
