#!/usr/bin/env bash
# Tries the agent under a real systemd: sudo tools/systemd-test.sh
#
# It boots a systemd in namespaces of its own (processes, mounts, network, cgroups),
# on a copy of this machine's files that is in memory and gone afterwards. There
# it installs the agent as people do, starts sessions, and then does to the
# service what people and machines do to services. The sessions must not notice.
#
# Where that is not allowed it says so and ends well: it is the kernel's word, or
# that of whoever started us in a container, and no fault of vsay.
set -euo pipefail

untested() {
	echo "NOT TESTED: $*"
	exit 0
}

# --- outside: boot

outside() {
	[[ $(uname) == Linux ]] || untested "there is systemd on Linux only"
	((EUID == 0)) || untested "booting a systemd needs root"
	local program
	for program in unshare nsenter setpriv curl loginctl; do
		command -v $program >/dev/null || untested "$program is missing (Debian: util-linux, curl, systemd, libpam-systemd, dbus)"
	done
	init=$(type -P /lib/systemd/systemd /usr/lib/systemd/systemd | head -n 1)
	[[ -n $init ]] || untested "systemd is not installed"
	grep -q overlay /proc/filesystems || modprobe overlay 2>/dev/null || untested "the kernel has no overlay file system"
	local groups
	groups=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
	[[ -n $groups ]] || untested "no cgroup2 is mounted"

	cd "$(dirname "$0")/.."
	work=$(mktemp -d)
	group=$groups/vsay-test.$$
	trap clean EXIT
	local version
	for version in one two; do
		CGO_ENABLED=0 "${GO:-go}" build -trimpath -ldflags "-X vsay/internal/cli.version=$version" -o "$work/vsay-$version" ./cmd/vsay
	done
	cp "${BASH_SOURCE[0]}" "$work/test"
	cp packaging/*.service "$work"
	mkdir "$work/root"
	mkdir "$group" 2>/dev/null || untested "cgroups cannot be made in $groups"

	(
		echo $BASHPID >"$group/cgroup.procs"
		exec unshare --fork --kill-child --pid --mount --cgroup --uts --ipc --net --propagation private \
			bash "$work/test" boot "$work" "$init"
	) >"$work/log" 2>&1 &
	booted=$!
	local i
	for ((i = 0; i < 100; i++)); do
		pid=$(pgrep -P $booted || true)
		if [[ -n $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == systemd ]] && inside_ systemctl is-system-running >/dev/null 2>&1; then
			break
		fi
		kill -0 $booted 2>/dev/null || break
		sleep 0.2
	done
	if ! kill -0 $booted 2>/dev/null || ((i == 100)); then
		cat "$work/log"
		untested "systemd does not boot in namespaces here: see above"
	fi
	inside_ systemd-run --wait --pipe --quiet --collect bash /root/vsay-test/test inside
}

# inside_ runs a program in the booted system.
inside_() { nsenter --target "$pid" --all "$@"; }

clean() {
	if [[ -n ${booted:-} ]]; then
		kill -KILL "$booted" 2>/dev/null || true # and with it, all in its namespaces
		wait "$booted" 2>/dev/null || true
	fi
	local i
	for ((i = 0; i < 50; i++)); do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
		sleep 0.1
	done
	rm -rf "$work"
}

# --- between: in the new namespaces, before systemd is

boot() {
	local work=$1 init=$2 r=$1/root/new node
	mount -t tmpfs tmpfs "$work/root"
	mkdir "$work/root"/{upper,lower,new}
	mount -t overlay overlay -o "lowerdir=/,upperdir=$work/root/upper,workdir=$work/root/lower" "$r"
	mount -t proc proc "$r/proc"
	mount --bind "$r/proc/sys" "$r/proc/sys" && mount -o remount,bind,ro "$r/proc/sys" # the kernel's settings are everybody's
	mount -t sysfs -o ro sysfs "$r/sys"
	mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup"
	mount -t tmpfs -o mode=755 tmpfs "$r/run"
	mount -t tmpfs -o mode=1777 tmpfs "$r/tmp"
	mount -t tmpfs -o mode=755 tmpfs "$r/dev"
	for node in null zero full random urandom tty; do
		touch "$r/dev/$node" && mount --bind "/dev/$node" "$r/dev/$node"
	done
	mkdir "$r/dev/pts" "$r/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$r/dev/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$r/dev/shm"
	ln -s pts/ptmx "$r/dev/ptmx"
	ln -s /proc/self/fd "$r/dev/fd"

	# Nothing of what this machine is set up to do.
	rm -rf "$r"/etc/systemd/{system,user} "$r"/etc/rc?.d "$r"/var/lib/systemd/linger "$r"/etc/{fstab,crypttab}
	mkdir "$r/etc/systemd/system"
	: >"$r/etc/machine-id"
	echo vsay-test >"$r/etc/hostname"
	printf '[Login]\nKillUserProcesses=yes\n' >"$r/etc/systemd/logind.conf"

	rm -rf "$r/root" && mkdir -p "$r/root/vsay-test" "$r/old"
	cp "$work"/{test,vsay-one,vsay-two,*.service} "$r/root/vsay-test"
	cd "$r"
	pivot_root . old
	umount -l /old
	container=vsay-test exec setpriv --bounding-set=-sys_time,-sys_module,-sys_boot,-sys_rawio,-mknod,-syslog,-audit_control,-audit_read \
		"$init" --unit=multi-user.target --log-target=null --show-status=false
}

# --- inside: systemd runs

inside() {
	export HOME=/root VSAY_HOST=127.0.0.1:8080
	cd /root/vsay-test
	upgrade one
	ip link set lo up 2>/dev/null || true
	systemd-run --quiet --unit=vsay-server --property=StateDirectory=vsay vsay serve --data-dir /var/lib/vsay
	within curl -fso /dev/null http://$VSAY_HOST/health || fail "no server"
	vsay signup -q --email ann@example.com --username ann --password-stdin <<<'correct horse'
	vsay api-key >key
	useradd --create-home --shell /bin/bash ann

	units
	asUser
	asRoot
	asPackage
	ofOnesOwn
	inLogin
	delay
	echo "all of it lives"
}

# upgrade replaces the program as packages do.
upgrade() { cp "vsay-$1" /usr/local/bin/.vsay && mv /usr/local/bin/.vsay /usr/local/bin/vsay; }

fail() {
	echo "FAILED: $*"
	systemctl status vsay-agent --no-pager --full || true
	journalctl --unit vsay-agent --lines 20 --no-pager --quiet || true
	systemd-cgls --no-pager || true
	exit 1
}

# within waits for a condition for ten seconds.
within() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

online() { vsay ls -o json | grep -q '"name":"'"$1"'".*"status":"online"'; }

# begin starts a session on a machine that counts, and whose output we watch all
# the time; its holder must be in a cgroup like $2.
begin() {
	rm -f counted stop
	vsay exec "$1" -- sh -c 'i=0; while [ ! -e /tmp/stop ]; do i=$((i+1)); echo $i; sleep 0.02; done' >counted &
	viewer=$!
	within test -s counted || fail "$1: no session starts"
	holder=$(pgrep -n -f 'vsay hold$')
	local cgroup
	cgroup=$(tail -n 1 "/proc/$holder/cgroup")
	# shellcheck disable=SC2053 # a pattern on purpose
	[[ $cgroup == $2 ]] || fail "$1: the session is in $cgroup, not in $2"
	echo "ok: $1: a session in $cgroup"
}

# lives says that the session goes on after $1 was done.
lives() {
	local before
	before=$(wc -l <counted)
	[[ $(cat "/proc/$holder/comm" 2>/dev/null) == vsay ]] || fail "the session did not survive: $1"
	moved() { (($(wc -l <counted) > before + 5)); }
	within moved || fail "the session stands still after: $1"
	echo "ok: it lives after: $1"
}

# finish ends the session and looks whether every line came, once and in order.
finish() {
	touch /tmp/stop
	wait "$viewer" || fail "the session ended with $?"
	rm /tmp/stop
	diff -q counted <(seq "$(wc -l <counted)") >/dev/null || fail "lines are missing or double"
	echo "ok: all $(wc -l <counted) lines, once"
}

# another does something to the service, with the systemctl that $1 is, and
# waits until another agent than before has come online.
another() {
	local systemctl=$1 before
	before=$($systemctl show --property=MainPID vsay-agent)
	$systemctl "${@:2}" vsay-agent
	new() {
		local now
		now=$($systemctl show --property=MainPID,StatusText vsay-agent)
		[[ $now == *"came online as"* ]] && ! grep -qx -e MainPID=0 -e "$before" <<<"$now"
	}
	within new || fail "no agent after ${*:2}"
	lives "${*:2}"
}

# torment does to the system's service what is done to services.
torment() {
	another systemctl restart
	another systemctl kill --signal=KILL
	systemctl stop vsay-agent
	lives "stop"
	upgrade two
	another systemctl start
	vsay ls -o json | grep -q '"agent_version":"two"' || fail "the new program does not run"
	upgrade one
	another systemctl restart
	systemctl daemon-reexec
	lives "daemon-reexec"
}

# refused says that a command fails, and that its one line has $1 in it.
refused() {
	local said
	said=$("${@:2}" 2>&1) && fail "this should have failed: ${*:2}"
	[[ $said == *"$1"* && $(wc -l <<<"$said") == 1 ]] || fail "${*:2}: $said"
	echo "ok: refused: $said"
}

units() {
	ln -sf vsay /usr/local/bin/vsay-agent
	mkdir -p /etc/vsay && touch /etc/vsay/agent.env
	sed -i 's,/usr/bin/,/usr/local/bin/,' ./*.service
	local said
	said=$(systemd-analyze verify --man=no ./vsay.service ./vsay-agent.service 2>&1) || fail "systemd-analyze verify: $said"
	[[ -z $said ]] || fail "systemd-analyze verify: $said"
	local exposure
	exposure=$(systemd-analyze security --offline=yes --threshold=30 ./vsay.service) || fail "$exposure"
	echo "ok: units verified; server: ${exposure##*$'\n'}"
}

# ends says that what uninstall advises ends the session, and all of its tree.
ends() {
	local said program code=0
	program=$(pgrep -P "$holder")
	said=$("$@" 2>&1) || fail "$*: $said"
	said=$(sed -n 's/.*live on until  //p' <<<"$said")
	if [[ $said == *--user* && $said != *--machine* ]]; then
		as ann bash -c "$said" || fail "$said"
	else
		bash -c "$said" || fail "$said"
	fi
	wait "$viewer" || code=$?
	[[ $code != 0 && ! -e /proc/$holder && ! -e /proc/$program ]] || fail "it lives on after: $said"
	echo "ok: $said: ends it, and the viewer sees $code"
}

asUser() {
	vsay agent install --token-file key --name box --label 'of=a b%$\c' || fail "agent install"
	online box || fail "install returned before the machine was online"
	vsay ls -o json | grep -qF '"labels":{"of":"a b%$\\c"}' || fail "the label has changed on its way"
	systemd-analyze verify --man=no vsay-agent.service || fail "the unit"
	! grep -rqF "$(cat key)" /var/lib/vsay-agent /etc/systemd /run/systemd || fail "the key was kept"
	[[ $(stat -c '%U %a' /var/lib/vsay-agent/machine.json) == "vsay-agent 600" ]] || fail "the credential is not private"
	begin box '*/user@*.service/*/vsay-session-*.scope'
	! tr '\0' '\n' <"/proc/$(pgrep -P "$holder")/environ" | grep -E '^(INVOCATION_ID|NOTIFY_SOCKET|LISTEN_|JOURNAL_STREAM|SYSTEMD_|VSAY_)' || fail "systemd's variables came through"
	torment
	vsay agent uninstall -q
	[[ ! -e /etc/systemd/system/vsay-agent.service ]] || fail "the unit is still there"
	lives "agent uninstall"
	vsay agent install --name box || fail "agent install without a key"
	lives "agent install"
	finish
	[[ $(vsay ls -o json | grep -o '"agent_id"' | wc -l) == 1 ]] || fail "there are two machines"
	refused "cannot reach 127.0.0.1:1: connection refused" vsay agent install --host 127.0.0.1:1
	refused "belongs to this machine at" vsay agent install --host localhost:8080
	within online box || fail "an install that failed left no agent"
	cp vsay-one /tmp/vsay
	refused "install -m 755" /tmp/vsay agent install
	refused "needs root" as ann vsay agent install
	begin box '*/user@*.service/*/vsay-session-*.scope'
	ends vsay agent uninstall
}

asRoot() {
	vsay agent install -q --name box --run-as root || fail "agent install --run-as root"
	begin box '*/system.slice/vsay-session-*.scope'
	torment
	finish
	vsay exec box -- id -un | grep -qx root || fail "not root"
}

# The package's unit, and a user who does not linger: no scope, and still no end.
asPackage() {
	begin box '*/system.slice/vsay-session-*.scope'
	ends vsay agent uninstall
	loginctl disable-linger vsay-agent
	sed 's,/usr/bin/,/usr/local/bin/,' vsay-agent.service >/etc/systemd/system/vsay-agent.service
	printf 'VSAY_HOST=%s\nVSAY_NAME=box\n' $VSAY_HOST >/etc/vsay/agent.env
	systemctl daemon-reload
	systemctl start vsay-agent && within online box || fail "the package's unit"
	begin box '*/system.slice/vsay-agent.service'
	another systemctl restart
	finish
	refused "is not of vsay agent install" vsay agent install
	systemctl stop vsay-agent
	rm /etc/systemd/system/vsay-agent.service
	systemctl daemon-reload
}

ofOnesOwn() {
	loginctl enable-linger ann
	within test -S "/run/user/$(id -u ann)/systemd/private" || fail "ann has no systemd"
	install -o ann key /home/ann/key
	as ann vsay agent install --user --token-file /home/ann/key --name own || fail "agent install --user"
	begin own '*/user@*.service/*/vsay-session-*.scope'
	another "as ann systemctl --user" restart
	another "as ann systemctl --user" kill --signal=KILL
	finish
	begin own '*/user@*.service/*/vsay-session-*.scope'
	ends as ann vsay agent uninstall --user
}

# An agent that somebody starts in a login, which then ends and takes with it all
# that it holds (KillUserProcesses).
inLogin() {
	systemd-run --quiet --unit=login --property=User=ann --property=PAMName=login --setenv=VSAY_HOST=$VSAY_HOST \
		bash -c 'vsay agent --token-file ~/key --name login & sleep 1000'
	within online login || fail "no agent in a login"
	begin login '*/user@*.service/*/vsay-session-*.scope'
	loginctl terminate-session "$(loginctl list-sessions --no-legend | awk '$3 == "ann" {print $1; exit}')"
	gone() { ! pgrep -f 'vsay agent.*--name login' >/dev/null; }
	within gone || fail "the login did not end"
	lives "the end of the login"
	finish
}

as() {
	local who=$1
	shift
	runuser --user "$who" -- env HOME="/home/$who" XDG_RUNTIME_DIR="/run/user/$(id -u "$who")" VSAY_HOST=$VSAY_HOST "$@"
}

# delay says what a scope costs.
delay() {
	vsay agent install -q --name box --run-as root
	local with without
	with=$(median)
	mkdir -p /etc/systemd/system/vsay-agent.service.d
	printf '[Service]\nEnvironment=PATH=/bin-without-systemd-run\n' >/etc/systemd/system/vsay-agent.service.d/path.conf
	systemctl daemon-reload && systemctl restart vsay-agent && within online box || fail "no agent"
	without=$(median)
	echo "ok: vsay exec takes $with ms with a scope, $without ms without (medians of 31)"
}

median() {
	local began i
	for ((i = 0; i < 31; i++)); do
		began=$(date +%s%N)
		vsay exec box -- /bin/true
		echo $((($(date +%s%N) - began) / 1000000))
	done | sort -n | sed -n 16p
}

"${1:-outside}" "${@:2}"
