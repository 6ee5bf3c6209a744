#!/usr/bin/env bash
# Builds vsay for every system it is for, and vets the code of each, tests
# included: what nobody here can run is at least compiled and read.
set -euo pipefail
go=${GO:-go}
export CGO_ENABLED=0

failed=0
for target in linux/amd64 linux/arm64 linux/arm darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do # as a release has them
	if GOOS=${target%/*} GOARCH=${target#*/} $go build -trimpath -o /dev/null ./cmd/vsay; then
		echo "ok    $target"
	else
		echo "FAIL  $target"
		failed=1
	fi
done
for target in linux/amd64 linux/arm darwin/amd64 windows/amd64; do # linux/arm stands for all whose int has 32 bits
	GOOS=${target%/*} GOARCH=${target#*/} $go vet ./... || { echo "FAIL  vet for $target"; failed=1; }
done
exit $failed
