//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Who cannot wait for a server that leaves tells it twice.
func TestSecondSignalEndsTheServerNow(t *testing.T) {
	s := newSite(t)
	r, url, err := s.serve("HOST", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.end(syscall.SIGKILL) })
	host := strings.TrimPrefix(url, "http://")
	slow, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	_, err = fmt.Fprintf(slow, "POST /api/login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", host)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(slow).ReadString('\n'); !strings.Contains(line, " 100 ") {
		t.Fatalf("%q, %v", line, err)
	}
	if err := r.process.Signal(syscall.SIGTERM); err != nil { // it waits for the request
		t.Fatal(err)
	}
	if err := until("it does not leave", func() bool {
		resp, err := http.Get(url + "/ready")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err != nil || resp.StatusCode == http.StatusServiceUnavailable
	}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.end(syscall.SIGTERM)
	var failed *exec.ExitError
	if !errors.As(r.err, &failed) || failed.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("after the second signal it ended with %v, %s later", r.err, time.Since(began))
	}
}
