//go:build unix && !linux

package wire

import "golang.org/x/sys/unix"

const unsentBytes = unix.TIOCOUTQ
