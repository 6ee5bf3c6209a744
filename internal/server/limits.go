package server

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits bound guessing and flooding.
type Limits struct {
	FreeFailures  int           // wrong passwords of one account before it has to wait, 5
	MaxWait       time.Duration // the longest such wait, 15 min
	FailuresPerIP int           // wrong passwords a minute from one address or /64, 20
	SignupBurst   int           // signups at once from one address or /64, 60
	SignupEvery   time.Duration // and then one each, 2 min
	Arrivals      int           // links a second that machines open, and as many that holders do, 500
	ConnsPerIP    int           // connections that are no WebSocket from one address, 256; loopback is free

	MachinesPerUser      int // 1,000
	EnrollmentsPerMinute int // of one user, 600
	SessionsPerUser      int // running ones, 64
	SessionsPerMachine   int // running ones, 256
	OpensPerMinute       int // new sessions of one user, 600
	JoinsPerMinute       int // sessions that one user joins, 1,200
	ChangesPerMinute     int // renamed sessions and new API keys of one user, 120
	RefreshesPerMinute   int // tokens that one user exchanges, over all logins, 600
	ViewersPerSession    int // 16
	SocketsPerUser       int // terminals, 256
	WaitingPerUser       int // of them, those that are not open yet, 64
	TicketsPerMinute     int // of one user, 30
	StreamsPerUser       int // lists of machines that are kept up to date, 16

	InputPerSecond  int // bytes typed into one terminal's socket, 1 MiB
	InputBurst      int // bytes that a plain one may send before that counts, 4 MiB
	UploadBurst     int // the same of vsay.v1, 16 MiB: files go up through terminals, too
	FramesPerSecond int // of one socket, large input not counted, 500
	FramesBurst     int // frames that it may send before that counts, 10,000: a program may type as fast as it is answered

	TokenGrace time.Duration // a terminal outlives its token so long, 5 min
}

// A limit has one name, on the command line and in docs/running.md, where a test
// looks for it and its default.
type namedLimit struct {
	name     string
	value    any // *int or *time.Duration
	fallback any
	most     int // 0: as many as one likes
}

func (l *Limits) named() []namedLimit {
	return []namedLimit{
		{"free-failures", &l.FreeFailures, 5, 0},
		{"max-wait", &l.MaxWait, 15 * time.Minute, 0},
		{"failures-per-ip", &l.FailuresPerIP, 20, 0},
		{"signup-burst", &l.SignupBurst, 60, 0},
		{"signup-every", &l.SignupEvery, 2 * time.Minute, 0},
		{"arrivals-per-second", &l.Arrivals, 500, 0},
		{"conns-per-ip", &l.ConnsPerIP, 256, 0},
		{"machines-per-user", &l.MachinesPerUser, 1000, 0},
		{"enrollments-per-minute", &l.EnrollmentsPerMinute, 600, 0},
		{"sessions-per-user", &l.SessionsPerUser, 64, 0},
		{"sessions-per-machine", &l.SessionsPerMachine, 256, 0},
		{"opens-per-minute", &l.OpensPerMinute, 600, 0},
		{"joins-per-minute", &l.JoinsPerMinute, 1200, 0},
		{"changes-per-minute", &l.ChangesPerMinute, 120, 0},
		{"refreshes-per-minute", &l.RefreshesPerMinute, 600, 0},
		{"viewers-per-session", &l.ViewersPerSession, 16, 64}, // the machine's end takes no more
		{"sockets-per-user", &l.SocketsPerUser, 256, 0},
		{"waiting-per-user", &l.WaitingPerUser, 64, 0},
		{"tickets-per-minute", &l.TicketsPerMinute, 30, 0},
		{"streams-per-user", &l.StreamsPerUser, 16, 0},
		{"input-per-second", &l.InputPerSecond, 1 << 20, 0},
		{"input-burst", &l.InputBurst, 4 << 20, 0},
		{"upload-burst", &l.UploadBurst, 16 << 20, 0},
		{"frames-per-second", &l.FramesPerSecond, 500, 0},
		{"frames-burst", &l.FramesBurst, 10_000, 0},
		{"token-grace", &l.TokenGrace, 5 * time.Minute, 0},
	}
}

// complete puts the defaults where nothing was said.
func (l *Limits) complete() {
	for _, n := range l.named() {
		switch v := n.value.(type) {
		case *int:
			orDefault(v, n.fallback.(int))
		case *time.Duration:
			orDefault(v, n.fallback.(time.Duration))
		}
	}
}

// Set takes a limit as it is given on a command line, NAME=VALUE.
func (l *Limits) Set(assignment string) error {
	name, value, ok := strings.Cut(assignment, "=")
	var known []string
	for _, n := range l.named() {
		if ok && n.name == name {
			return n.set(value)
		}
		known = append(known, n.name)
	}
	return fmt.Errorf("%q is no limit: write NAME=VALUE, with one of %s", assignment, strings.Join(known, ", "))
}

func (n namedLimit) set(value string) (err error) {
	switch v := n.value.(type) {
	case *int:
		*v, err = strconv.Atoi(value)
		if err == nil && (*v < 1 || n.most > 0 && *v > n.most) {
			err = errors.New("out of range")
		}
		if err != nil && n.most > 0 {
			return fmt.Errorf("the limit %s is a number from 1 to %d, not %q", n.name, n.most, value)
		}
		if err != nil {
			return fmt.Errorf("the limit %s is a number from 1 up, not %q", n.name, value)
		}
	case *time.Duration:
		*v, err = time.ParseDuration(value)
		if err != nil || *v <= 0 {
			return fmt.Errorf("the limit %s is a time like 90s or 15m, not %q", n.name, value)
		}
	}
	return nil
}
