package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a server may take to start or to end.
const patience = time.Minute

// running is a server that a script started.
type running struct {
	process *os.Process
	log     bytes.Buffer  // what it said; complete once it has ended
	ended   chan struct{} // closed when it has
	err     error         // how
}

// serversKey finds a script's servers, a map by name, among its values.
type serversKey struct{}

func serversOf(ts *testscript.TestScript) map[string]*running {
	return ts.Value(serversKey{}).(map[string]*running)
}

// startServer is `server NAME [flags of vsay serve]`. The server listens on a
// free port, and keeps its data from one start to the next. When the command
// returns it is ready, and its URL is in $NAME and in $VSAY_HOST.
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server NAME [flags]")
	}
	name := args[0]
	flags := append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", ts.MkAbs(filepath.Join("data", name))}, args[1:]...)
	s, address, err := launch(ts, flags)
	ts.Check(err)
	serversOf(ts)[name] = s
	ts.Defer(func() { s.end(os.Kill) })
	select {
	case url := <-address:
		ts.Check(untilReady(url))
		ts.Setenv(name, url)
		ts.Setenv("VSAY_HOST", url)
	case <-s.ended:
		ts.Fatalf("the server ended (%v): %s", s.err, &s.log)
	case <-time.After(patience):
		ts.Fatalf("the server does not listen")
	}
}

// launch starts vsay and watches what it says for the URL it listens on.
func launch(ts *testscript.TestScript, args []string) (*running, <-chan string, error) {
	cmd := exec.Command("vsay", args...) // testscript.Main has put it first in PATH
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "GOCOVERDIR", "GORACE"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Dir = ts.MkAbs(".")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	s := &running{process: cmd.Process, ended: make(chan struct{})}
	address := make(chan string, 1)
	go func() {
		defer close(s.ended)
		s.read(stderr, address)
		s.err = cmd.Wait()
	}()
	return s, address, nil
}

var listening = regexp.MustCompile(`(?:listening on |"url":")(https?://[0-9.:]+)`)

func (s *running) read(stderr io.Reader, address chan<- string) {
	lines := bufio.NewScanner(io.TeeReader(stderr, &s.log))
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			address <- found[1]
			break
		}
	}
	_, _ = io.Copy(&s.log, stderr)
}

func (s *running) end(how os.Signal) {
	_ = s.process.Signal(how) // it may have ended by itself
	<-s.ended
}

// untilReady waits for /ready to say so.
func untilReady(url string) error {
	// A script's own certificate is checked by vsay, in the script. This only asks whether somebody is there.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		resp, err := client.Get(url + "/ready")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("%s does not get ready", url)
}

// stopServer is `stop-server NAME`: SIGTERM, and the server has to end well.
func stopServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || serversOf(ts)[args[0]] == nil {
		ts.Fatalf("usage: stop-server NAME")
	}
	s := serversOf(ts)[args[0]]
	s.end(syscall.SIGTERM)
	if s.err != nil {
		ts.Fatalf("the server ended with %v: %s", s.err, &s.log)
	}
}

// exits is `exits CODE PROGRAM [args]`: exec for a program that has to end with
// that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [args]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var failed *exec.ExitError
	got := 0
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// keep is `keep NAME`: the last stdout, without the space around it, becomes
// $NAME.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// certificate is `certificate CERT KEY`: writes a certificate for 127.0.0.1
// that signed itself, and its key.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: certificate CERT KEY")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
}
