#!/usr/bin/env bash
# Builds vsay for every system it is for, and vets the code of each, tests
# included: what nobody here can run is at least compiled and read.
set -euo pipefail
go=${GO:-go}
export CGO_ENABLED=0

failed=0
for os in linux darwin windows; do
	for arch in amd64 arm64; do
		if GOOS=$os GOARCH=$arch $go build -trimpath -o /dev/null ./cmd/vsay; then
			echo "ok    $os/$arch"
		else
			echo "FAIL  $os/$arch"
			failed=1
		fi
	done
	GOOS=$os GOARCH=amd64 $go vet ./... || { echo "FAIL  vet for $os"; failed=1; }
done
exit $failed
