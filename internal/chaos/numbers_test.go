//go:build unix

package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/term"
)

// numbers is the program inside the sessions: this test binary, started anew.
// It streams records, reads records, and in the end leaves a report of both. In
// a terminal it is a shell; else its arguments are `pipe SESSION EXIT`.
type numbers struct {
	tty     bool
	session int // in a terminal the first record read says it
	exit    int
	life    uint16

	mu   sync.Mutex // guards the books, which the writer quotes
	read *ledger
	out  *ledger
	errs *ledger
	over chan struct{} // the last record was read
	bad  string
}

// report is what numbers leaves behind: what it wrote, and what it read.
type report struct {
	Out, Err, In side
	Lives        map[uint16]uint64 // records read of each writer

	Lost, Doubled, Changed, Cut, Late int64 // what its ledger says of what was typed
	Bad                               string
}

// side is a stream as one end has it.
type side struct {
	Bytes  uint64
	Digest string
}

func sideOf(l *ledger) side { return side{l.n, l.digest()} }

const (
	reportsVariable = "CHAOS_REPORTS" // the folder for reports; set: be numbers
	longestLife     = 3 * time.Hour   // no run is that long
)

// runNumbers gives the exit code.
func runNumbers(args []string) int {
	p := &numbers{life: uint16(os.Getpid()), read: newLedger(false), out: newLedger(true), errs: newLedger(true), over: make(chan struct{})}
	p.tty = len(args) == 0
	if p.tty {
		if _, err := term.MakeRaw(0); err != nil {
			fmt.Fprintln(os.Stderr, "numbers:", err)
			return 99
		}
	} else if len(args) == 3 {
		p.session, _ = strconv.Atoi(args[1])
		p.exit, _ = strconv.Atoi(args[2])
	}
	go func() {
		<-time.After(longestLife)
		os.Exit(98) //nolint:forbidigo // it is a program of its own
	}()
	go p.listen()
	p.talk()
	p.leave()
	return p.exit
}

// listen reads until the last record, and without a terminal until the end.
func (p *numbers) listen() {
	buf := make([]byte, 32<<10)
	for told := false; ; {
		n, err := os.Stdin.Read(buf)
		p.mu.Lock()
		_, _ = p.read.Write(buf[:n])
		ended := p.read.ended
		p.mu.Unlock()
		if ended && (p.tty || err != nil) && !told {
			told = true
			close(p.over)
		}
		if err != nil && !ended {
			p.fail("stdin ended before its last record")
		}
		if err != nil {
			return
		}
	}
}

func (p *numbers) fail(why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bad = why
}

// The pace of numbers: a few records each tick, a flood now and then.
const (
	tick       = 20 * time.Millisecond
	mostAtOnce = 6
	floodEvery = 500  // ticks
	flood      = 8000 // records, at most: half a megabyte
)

// talk writes until all was read.
func (p *numbers) talk() {
	rng := rand.New(rand.NewPCG(uint64(p.life), 2))
	pace := time.NewTicker(tick)
	defer pace.Stop()
	for {
		select {
		case <-p.over:
			p.say(os.Stdout, p.out, 1, true)
			if !p.tty {
				p.say(os.Stderr, p.errs, 1, true)
			}
			return
		case <-pace.C:
		}
		n := rng.IntN(mostAtOnce)
		if rng.IntN(floodEvery) == 0 {
			n = rng.IntN(flood)
		}
		p.say(os.Stdout, p.out, n, false)
		if !p.tty && rng.IntN(4) == 0 {
			p.say(os.Stderr, p.errs, 1+rng.IntN(2), false)
		}
	}
}

// say writes n records, which tell what was read by now.
func (p *numbers) say(to io.Writer, book *ledger, n int, last bool) {
	var b []byte
	p.mu.Lock()
	for i := range n {
		r := record{life: p.life, number: uint64(book.Records) + uint64(i), seen: p.read.n, hash: p.read.sum, last: last}
		b = r.append(b, !p.tty)
	}
	p.mu.Unlock()
	_, _ = book.Write(b)
	if _, err := to.Write(b); err != nil {
		p.fail(err.Error())
	}
}

// leave writes the report, whole or not at all.
func (p *numbers) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read.close()
	r := report{
		Out: sideOf(p.out), Err: sideOf(p.errs), In: sideOf(p.read), Lives: map[uint16]uint64{},
		Lost: p.read.Lost, Doubled: p.read.Doubled, Changed: p.read.Changed, Cut: p.read.Cut, Late: p.read.Late, Bad: p.bad,
	}
	for id, w := range p.read.lives {
		r.Lives[id] = w.next
		if p.tty {
			p.session = int(id >> 8)
		}
	}
	b, err := json.Marshal(r)
	path := filepath.Join(os.Getenv(reportsVariable), strconv.Itoa(p.session))
	if err == nil && os.WriteFile(path+".new", b, 0o600) == nil {
		_ = os.Rename(path+".new", path) // who waits for it misses it if not
	}
}
