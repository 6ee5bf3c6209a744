#!/usr/bin/env bash
# Is there what builds the pages: npm, and a Node as web/package.json has it?
command -v npm >/dev/null && command -v node >/dev/null && node -e '
	const [major, minor] = process.versions.node.split(".").map(Number)
	process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
