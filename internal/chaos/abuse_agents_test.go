//go:build linux

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vsay/internal/wire"
)

// hostileAgents is machines, enrolled in good order, that then do what no agent does.
func (a *abused) hostileAgents(t *testing.T) {
	before := a.memory()
	a.echo.since()
	lists := a.every(t, 50*time.Millisecond, a.list)
	key := readFile(t, a.dir+"/key")
	u, err := wire.ParseHost(a.url("127.0.0.1"), false)
	must(t, err)
	ep, err := wire.NewEndpoint(u, wire.Trust{})
	must(t, err)
	ways := map[string]func(*testing.T, *light){
		"wrong first word": a.wrongWord,
		"giant facts":      a.giantFacts,
		"endless sessions": a.endlessSessions,
		"other frames":     a.otherFrames,
		"flood of beats":   a.floodOfBeats,
	}
	if a.full { // the server waits 20 s for it
		ways["never an answer"] = a.neverAnswers
	}
	for name, do := range ways {
		l := newLight(ep, strings.ReplaceAll(name, " ", "-"))
		must(t, l.enroll(t.Context(), key))
		t.Run(name, func(t *testing.T) { do(t, l) })
		if status, err := a.asker.ask(t.Context(), "DELETE", "/api/machines/"+l.id, a.token, nil, nil); err != nil || status != http.StatusOK {
			t.Errorf("%s: its machine cannot be deleted: %d %v", name, status, err)
		}
	}
	took, echo := lists(), a.echo.since()
	grown := a.memory() - before
	fmt.Fprintf(t.Output(), "hostile agents: the server grew by %d MiB; machines 99%% %s, echo 99%% %s\n", grown>>20, part(took, 99), part(echo, 99))
	if grown > 64<<20 {
		t.Errorf("the server grew by %d MiB", grown>>20)
	}
}

// over waits for the server to end a link, and gives why.
func over(t *testing.T, conn *wire.Conn) error {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for {
		if _, err := conn.Read(ctx); err != nil {
			if ctx.Err() != nil {
				t.Error("the server puts up with it")
			}
			return err
		}
	}
}

func (a *abused) wrongWord(t *testing.T, l *light) {
	conn, err := l.knock(t.Context())
	must(t, err)
	defer conn.CloseNow()
	_ = conn.Write(t.Context(), wire.Frame{Kind: wire.KindOutput, Payload: []byte("x")})
	_ = over(t, conn)
}

func (a *abused) giantFacts(t *testing.T, l *light) {
	conn, err := l.knock(t.Context())
	must(t, err)
	defer conn.CloseNow()
	h := l.hello()
	h.Labels = map[string]string{}
	for i := range 400 {
		h.Labels[fmt.Sprint("label", i)] = strings.Repeat("v", 100)
	}
	h.Description = strings.Repeat("d", 10_000)
	_ = conn.Write(t.Context(), wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(h)})
	a.shownSmall(t, l, conn)
}

// shownSmall makes sure that what a machine said of itself fills nobody's list.
func (a *abused) shownSmall(t *testing.T, l *light, conn *wire.Conn) {
	defer conn.CloseNow()
	var m wire.OneMachine
	status, err := a.asker.ask(t.Context(), "GET", "/api/machines/"+l.id, a.token, nil, &m)
	must(t, err)
	if size := len(wire.Encode(m)); status != http.StatusOK || size > 16<<10 {
		t.Errorf("a machine takes %d bytes of a list, status %d", size, status)
	}
}

func (a *abused) endlessSessions(t *testing.T, l *light) {
	conn, err := l.knock(t.Context())
	must(t, err)
	defer conn.CloseNow()
	h := l.hello()
	for i := range 1500 { // as many as one frame holds
		h.Sessions = append(h.Sessions, fmt.Sprintf("%026d", i))
	}
	began := time.Now()
	_ = conn.Write(t.Context(), wire.Frame{Kind: wire.KindHello, Payload: wire.Encode(h)})
	must(t, a.list(t.Context()))
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("others waited %s", took)
	}
}

// otherFrames speaks as if it were a holder, and answers what nobody asked.
func (a *abused) otherFrames(t *testing.T, l *light) {
	conn, err := l.link(t.Context())
	must(t, err)
	defer conn.CloseNow()
	for kind := range 256 {
		f := wire.Frame{Kind: wire.Kind(kind), Stream: uint32(kind), Offset: 1 << 60, Payload: []byte(`{"session":"` + a.box + `"}`)}
		if conn.Write(t.Context(), f) != nil {
			return // it was thrown out: as good
		}
	}
}

func (a *abused) floodOfBeats(t *testing.T, l *light) {
	conn, err := l.link(t.Context())
	must(t, err)
	defer conn.CloseNow()
	beat := wire.Frame{Kind: wire.KindBeat, Payload: wire.Encode(wire.Facts{Uptime: 1})}
	end := time.AfterFunc(3*time.Second, conn.CloseNow)
	defer end.Stop()
	n := 0
	for ; conn.Write(t.Context(), beat) == nil; n++ {
	}
	fmt.Fprintf(t.Output(), "%d beats were taken in 3 s\n", n)
	if n > 200_000 { // what fits into the buffers on the way is not read yet
		t.Errorf("%d beats in 3 s went through", n)
	}
}

func (a *abused) neverAnswers(t *testing.T, l *light) {
	conn, err := l.link(t.Context())
	must(t, err)
	defer conn.CloseNow()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go conn.KeepAlive(ctx)
	go func() {
		for ctx.Err() == nil {
			if _, err := conn.Read(ctx); err != nil {
				return
			}
		}
	}()
	must(t, eventually(t.Context(), "the machine is not online", func() bool {
		var m wire.OneMachine
		_, err := a.asker.ask(t.Context(), "GET", "/api/machines/"+l.id, a.token, nil, &m)
		return err == nil && m.Machine.Status == wire.StatusOnline
	}))
	asking := a.asker
	asking.http.Timeout = patience
	began := time.Now()
	status, err := asking.ask(t.Context(), "POST", "/api/machines/"+l.id+"/command", a.token, map[string]any{"command": "ls"}, nil)
	must(t, err)
	if !slices.Contains([]int{503, 504}, status) {
		t.Errorf("a command on a machine that does not answer was answered %d after %s", status, time.Since(began))
	}
}

// TestFewFiles gives the server 256 files and takes all of them.
func TestFewFiles(t *testing.T) {
	a := newAbused(t, "ulimit -n 256")
	a.echo.since()
	var held []*holding
	for range 400 {
		held = append(held, hold(t, fmt.Sprintf("127.0.0.4:%d", a.port)))
	}
	<-time.After(3 * time.Second)
	during := a.echo.since()
	for _, h := range held {
		h.conn.Close()
	}
	began := time.Now()
	must(t, eventually(t.Context(), "nobody can sign in any more", func() bool { return a.login(t.Context()) == nil }))
	again := time.Since(began)
	a.echo.stop()
	log := a.whole("server")
	said := strings.Count(log, "too many open files")
	fmt.Fprintf(t.Output(), "256 files, 400 connections: echo meanwhile 99%% %s of %d; a login %s after they went; %d lines in the log\n",
		part(during, 99), len(during), again.Round(time.Millisecond), said)
	if said == 0 || said > 3 {
		t.Errorf("the log says %d times that there are no files left, and once is right", said)
	}
	if len(during) == 0 {
		t.Error("nothing was typed meanwhile: this proves nothing")
	}
	a.server.stop(syscall.SIGTERM)
}
