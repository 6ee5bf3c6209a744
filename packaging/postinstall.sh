#!/bin/sh
# Makes the users and lets systemd see the units. Starts nothing: the server
# wants an address, the agent a host and a key.
set -e
if command -v systemd-sysusers >/dev/null 2>&1; then
	systemd-sysusers vsay.conf
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# A systemd of that user's own, always: it keeps each session in a scope, which
	# nothing that is done to the agent's service reaches.
	loginctl enable-linger vsay-agent || true
	# After an upgrade what runs is the old program still. The sessions live on:
	# the agent's unit ends the agent alone.
	systemctl try-restart vsay.service vsay-agent.service
fi
