package session

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// nameOfGroup is what the first process of a group is called. In a pipeline that
// one may have ended before the others.
func nameOfGroup(group int) string {
	if name := nameOf(group); name != "" {
		return name
	}
	for _, pid := range descendants() {
		if of, err := unix.Getpgid(pid); err == nil && of == group {
			return nameOf(pid)
		}
	}
	return ""
}

func nameOf(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)) // of one that has ended there is none
	return strings.TrimSuffix(string(b), "\n")
}
