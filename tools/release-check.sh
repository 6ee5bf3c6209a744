#!/usr/bin/env bash
# Builds a snapshot of a release twice, the second time in another folder, and
# compares: whoever doubts a binary of vsay must be able to build the same bytes.
# Leaves the first one in dist/.
set -euo pipefail
releaser=${GORELEASER:-go tool -modfile=tools/goreleaser/go.mod goreleaser}

# made lists all that a build made, but for goreleaser's own notes.
made() {
	find . -type f \( -name vsay -o -name vsay.exe -o -name '*.tar.gz' -o -name '*.zip' -o -name '*.deb' -o -name '*.rpm' \) | sort
}

sums() {
	(cd "$1" && made | xargs "${sum[@]}")
}

sum=(sha256sum)
command -v sha256sum >/dev/null || sum=(shasum -a 256) # as macOS calls it

# Where the repository has no remote, goreleaser refuses to look at it at all, and
# takes today for the date of the commit. So it is given one that is never used.
if [[ -z $(git remote) ]]; then
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=file:///nowhere
fi

elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
mkdir "$elsewhere/tree"

$releaser check
$releaser release --snapshot --clean
tar --exclude=./dist --exclude=./build --exclude=./bin --exclude=node_modules -cf - . | tar -xf - -C "$elsewhere/tree"
(cd "$elsewhere/tree" && $releaser release --snapshot --clean)

sums dist >"$elsewhere/first"
sums "$elsewhere/tree/dist" >"$elsewhere/second"
if ! diff "$elsewhere/first" "$elsewhere/second"; then
	echo "release-check: the two builds differ in the files above; find what of the hour or the folder got in" >&2
	exit 1
fi
echo "release-check: both builds are the same, byte for byte:"
(cd dist && made | xargs wc -c)
