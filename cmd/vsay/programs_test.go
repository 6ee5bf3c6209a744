//go:build unix

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"vsay/internal/session"
	"vsay/internal/wire"
)

// patience is how long anything may take that has no time of its own.
const patience = 30 * time.Second

// running is a program in the background.
type running struct {
	process *os.Process
	said    chan string   // what the first line that was looked for says
	log     bytes.Buffer  // all it said on stderr; complete once it has ended
	ended   chan struct{} // closed when it has
	err     error         // how
}

// launch starts a program and looks in what it says for the first line that
// matches.
func launch(cmd *exec.Cmd, line *regexp.Regexp) (*running, error) {
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &running{process: cmd.Process, said: make(chan string, 1), ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.read(stderr, line)
		r.err = cmd.Wait()
	}()
	return r, nil
}

func (r *running) read(stderr io.Reader, line *regexp.Regexp) {
	lines := bufio.NewScanner(io.TeeReader(stderr, &r.log))
	for lines.Scan() {
		if found := line.FindStringSubmatch(lines.Text()); found != nil {
			r.said <- found[len(found)-1]
			break
		}
	}
	_, _ = io.Copy(&r.log, stderr)
}

// says waits for the line that was looked for.
func (r *running) says() (string, error) {
	select {
	case s := <-r.said:
		return s, nil
	case <-r.ended:
		return "", fmt.Errorf("it ended (%s): %s", fmt.Sprint(r.err), &r.log)
	case <-time.After(patience):
		r.end(os.Kill)
		return "", fmt.Errorf("it took too long: %s", &r.log)
	}
}

// end signals the program, if it still runs, and waits until it is gone.
func (r *running) end(how os.Signal) {
	_ = r.process.Signal(how) // it may have ended by itself
	<-r.ended
}

// ends waits for the program to end by itself and gives its exit code.
func (r *running) ends() (int, error) {
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.end(os.Kill)
		return 0, fmt.Errorf("the program does not end: %s", &r.log)
	}
	var failed *exec.ExitError
	if errors.As(r.err, &failed) {
		return failed.ExitCode(), nil
	}
	return 0, r.err
}

// site is a folder with an environment, in which programs are started.
type site struct {
	dir string
	env []string
}

// command is one of the programs in front of PATH, where testscript.Main has
// put vsay and vsay-agent, or any other.
func (s site) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

var listening = regexp.MustCompile(`(?:listening on |"url":")(https?://[0-9.:]+)`)

// serve starts a server, and returns when it is ready. Its data is kept from one
// start to the next. address may have port 0.
func (s site) serve(name, address string, flags ...string) (*running, string, error) {
	args := append([]string{"serve", "--listen", address, "--data-dir", filepath.Join(s.dir, "data", name)}, flags...)
	r, err := launch(s.command("vsay", args...), listening)
	if err != nil {
		return nil, "", err
	}
	url, err := r.says()
	if err != nil {
		return nil, "", fmt.Errorf("the server does not listen: %w", err)
	}
	return r, url, untilReady(url)
}

// untilReady waits for /ready to say so.
func untilReady(url string) error {
	// A test's own certificate is checked by vsay. This only asks whether somebody is there.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	return until(url+" does not get ready", func() bool {
		resp, err := client.Get(url + "/ready")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// until waits for what nothing announces.
func until(otherwise string, holds func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if holds() {
			return nil
		}
	}
	return errors.New(otherwise)
}

var online = regexp.MustCompile(`msg=online .*agent_id=(\S+)`)

// asScriptsDo starts a program as `program &` in a script does: deaf to the keys
// that interrupt, which its children then inherit.
const asScriptsDo = `trap '' INT QUIT; exec "$@"`

// agent starts an agent with what is in VSAY_HOST, and returns when `vsay ls`
// shows the machine online. A first start without a key takes the one `vsay
// api-key` shows.
func (s site) agent(name string, flags ...string) (*running, error) {
	args := []string{"-c", asScriptsDo, "sh", "vsay", "agent", "--name", name, "--state-dir", s.stateDir(name)}
	_, err := os.Stat(filepath.Join(s.stateDir(name), "machine.json"))
	given := slices.Contains(flags, "--token") || slices.ContainsFunc(s.env, func(kv string) bool { return strings.HasPrefix(kv, "VSAY_API_KEY=") })
	if err != nil && !given {
		key, err := s.command("vsay", "api-key").Output()
		if err != nil {
			return nil, fmt.Errorf("vsay api-key: %w", err)
		}
		file := filepath.Join(s.dir, name+".key")
		if err := os.WriteFile(file, key, 0o600); err != nil {
			return nil, err
		}
		args = append(args, "--token-file", file)
	}
	r, err := launch(s.command("sh", append(args, flags...)...), online)
	if err != nil {
		return nil, err
	}
	id, err := r.says()
	if err != nil {
		return nil, fmt.Errorf("the agent does not come online: %w", err)
	}
	return r, until("vsay ls does not show "+name+" online", func() bool { return s.shows(id) })
}

// shows says that `vsay ls` has the machine online.
func (s site) shows(agentID string) bool {
	var list wire.Machines
	out, err := s.command("vsay", "ls", "-o", "json").Output()
	if err != nil || wire.Decode(out, &list) != nil {
		return false
	}
	for _, m := range list.Machines {
		if m.AgentID == agentID {
			return m.Status == wire.StatusOnline
		}
	}
	return false
}

func (s site) stateDir(agent string) string { return filepath.Join(s.dir, "state", agent) }

// endSessions ends whatever an agent has started: it would outlive the test.
func endSessions(stateDir string) error {
	return until("sessions do not end", func() bool {
		sockets, _ := filepath.Glob(filepath.Join(stateDir, "s", "*"))
		for _, socket := range sockets {
			if session.End(socket) == nil {
				return false // gone once nobody answers
			}
		}
		return true
	})
}

// inherited are the variables of this process that programs need to run at all.
func inherited() (env []string) {
	for _, name := range []string{"PATH", "GOCOVERDIR", "LANG"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, "GORACE=atexit_sleep_ms=0") // a second for each vsay that ends, with -race
}
