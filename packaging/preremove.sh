#!/bin/sh
# Stops the services when the package goes for good, not at an upgrade: deb says
# "upgrade" then, rpm says how many versions are left.
set -e
case "$1" in upgrade | 1) exit 0 ;; esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now vsay.service vsay-agent.service || true
fi
