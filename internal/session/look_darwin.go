package session

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// nameOfGroup is what the first process of a group is called; empty when that one
// has ended before the others.
func nameOfGroup(group int) string {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", group)
	if err != nil {
		return ""
	}
	name, _, _ := bytes.Cut(p.Proc.P_comm[:], []byte{0})
	return string(name)
}
