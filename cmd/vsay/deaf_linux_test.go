package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vsay/internal/wire"
)

var deafSockets = flag.Int("deaf", 200, "so many sockets that never read, in TestDeafSockets")

// memory of the server in KiB, as the system counts it.
func (s *stage) memory() int {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.server.process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	fields := strings.Fields(rest)
	kib, err := strconv.Atoi(fields[0])
	if err != nil {
		s.t.Fatal(err)
	}
	return kib
}

// sockets the server has open; files of its database come and go.
func (s *stage) sockets() (n int) {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", s.server.process.Pid))
	for _, name := range names {
		if to, err := os.Readlink(name); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// Sockets that neither read nor answer a ping are closed within half a minute, and
// cost little until then. Those that are well stay.
func TestDeafSockets(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--limit", "sockets-per-user=5000", "--limit", "viewers-per-session=30")
	well := s.dial("")
	well.text("PS1='% '; echo rea''dy\r")
	well.see("ready\r\n")
	noisy := s.view(wire.Open{New: true, Cols: 80, Rows: 24})
	noisy.types([]byte("yes\r"))
	noisy.must("y\r\ny\r\n")
	noisy.link.CloseNow() // it runs on for those who do not read
	before, others := s.memory(), s.sockets()
	for n := range *deafSockets {
		header, query := "Sec-WebSocket-Protocol: "+wire.ViewerProtocol+"\r\n", ""
		if n < 4 {
			header, query = "", "&read_only=true&session_id="+noisy.opened.Session
		}
		s.rawSocket(query, header)
	}
	began, peak := time.Now(), 0
	stays := make(chan error, 1)
	go func() {
		for {
			if _, _, err := well.ws.Read(t.Context()); err != nil {
				stays <- err
				return
			}
		}
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ; s.sockets() > others+2 && time.Since(began) < time.Minute; <-tick.C {
		peak = max(peak, s.memory()-before)
	}
	took := time.Since(began)
	t.Logf("%d sockets were closed after %s, and took %d KiB", *deafSockets, took.Round(time.Second/10), peak)
	if took > 33*time.Second {
		t.Errorf("they were closed after %s", took)
	}
	if peak > memoryFactor*64<<10 {
		t.Errorf("they took %d KiB", peak)
	}
	select {
	case err := <-stays:
		t.Errorf("the one that answers was closed, too: %v", err)
	default:
	}
}

// A viewer that stops reading holds up nobody, and little is kept for it. When it
// reads again it is shown the screen as it is.
func TestViewerThatStopsReading(t *testing.T) {
	s := newStage(t)
	c := s.dial("&cols=80&rows=24")
	c.text("PS1='% '; stty -echo; echo rea''dy\r")
	c.see("ready\r\n")
	c.ws.SetReadLimit(-1)
	flood := func(megabytes int) (took time.Duration, peak int) {
		t.Helper()
		began, before := time.Now(), s.memory()
		c.text(fmt.Sprintf("yes | head -c %d; echo do''ne %d\r", megabytes<<20, megabytes))
		end, got := fmt.Sprintf("done %d\r\n", megabytes), 0
		tail := ""
		for n := 0; !strings.Contains(tail, end); n++ {
			_, b, err := c.ws.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got += len(b)
			tail = tail[max(0, len(tail)-len(end)):] + string(b)
			if n%64 == 0 {
				peak = max(peak, s.memory()-before)
			}
		}
		if got < megabytes<<20 {
			t.Errorf("%d bytes of %d MiB came", got, megabytes)
		}
		return time.Since(began), peak
	}
	alone, _ := flood(15)
	stopped := s.dial("&cols=80&rows=24&read_only=true&session_id=" + c.session)
	stopped.see("done 15")
	took, peak := flood(16)
	t.Logf("15 MiB in %s, and beside who stopped 16 MiB in %s, with %d KiB more", alone, took, peak)
	if took > 3*alone+5*time.Second { // cores are shared
		t.Errorf("beside who stopped it took %s, and %s alone", took, alone)
	}
	if peak > memoryFactor*24<<10 { // 4 MiB for the one who stopped; the rest is Go's
		t.Errorf("the server took %d KiB more", peak)
	}
	c.text("echo la''st words\r")
	c.see("last words\r\n")
	stopped.ws.SetReadLimit(-1)
	stopped.see("last words")
}
