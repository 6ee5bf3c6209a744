//go:build unix

package session

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"vsay/internal/wire"
)

// moment is a time that is set much more often than it is read.
type moment struct{ unix atomic.Int64 } // in nanoseconds

func (m *moment) now() { m.unix.Store(time.Now().UnixNano()) }

// ago counts the time that the machine slept, too. It is never negative.
func (m *moment) ago() time.Duration {
	return max(0, time.Since(time.Unix(0, m.unix.Load())))
}

// look is how the session is. It is asked for now and then, so nothing is kept
// ready for it, and the screen is not fed for its title: the title is the one of
// when the screen was last drawn.
func (h *holder) look() *wire.State {
	s := &wire.State{Session: h.conf.Session, Idle: int64(h.moved.ago() / time.Second)}
	if h.proc == nil {
		return s
	}
	s.Title = printable(h.core.title(), wire.MaxTitle)
	s.Cols, s.Rows = h.proc.size()
	s.Foreground = printable(h.foreground(), wire.MaxForeground)
	return s
}

// foreground is the name of the program that has the terminal. Without a
// terminal it is the command's.
func (h *holder) foreground() string {
	if h.proc.hasExited() {
		return ""
	}
	if group := h.proc.foreground(); group > 0 {
		return nameOfGroup(group)
	}
	if argv := h.conf.Run.Command; len(argv) > 0 {
		return filepath.Base(argv[0])
	}
	return ""
}

// title is what the terminal was called when the screen was last fed. Unlike all
// else of a Core it may be asked for at any time.
func (c *Core) title() string {
	if t := c.screen.title.Load(); t != nil {
		return *t
	}
	return ""
}

// foreground is the process group that the keys go to; 0: there is no terminal,
// or nobody has it.
func (p *process) foreground() (group int) {
	if p.tty == nil {
		return 0
	}
	control(p.tty, func(fd int) {
		if fg, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil {
			group = fg
		}
	})
	return group
}

// size is the terminal's, in cells; 0 where there is none.
func (p *process) size() (cols, rows uint16) {
	if p.tty == nil {
		return 0, 0
	}
	control(p.tty, func(fd int) {
		if w, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ); err == nil {
			cols, rows = w.Col, w.Row
		}
	})
	return cols, rows
}

// printable leaves of a program's own words what cannot steer a terminal, most
// bytes of it.
func printable(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > most {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
