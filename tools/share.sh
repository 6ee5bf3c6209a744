#!/usr/bin/env bash
# Writes what goes to share/ beside the binary, man pages and completions, from
# the commands themselves: build/share/{man,completions}.
set -euo pipefail
go=${GO:-go}
out=build/share
rm -rf $out && mkdir -p $out/man $out/completions

# The pages carry the date of the commit, not of the build.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

$go build -tags man -o build/vsay ./cmd/vsay
build/vsay man $out/man
gzip -9n $out/man/*.1 # -n: no time in it, so that two builds are equal
for shell in bash zsh fish powershell; do
	build/vsay completion $shell >$out/completions/vsay.$shell
done
