//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// stream is one session as its client has it: what came, what was typed, and
// when something moved last.
type stream struct {
	number int
	what   string  // kind of session and client
	socket string  // its holder's
	holder int     // the build that is
	host   *stream // whose session it is; nil: its own
	stack  *stack
	rng    *rand.Rand

	mu       sync.Mutex
	out      *ledger
	errs     *ledger
	typed    *ledger // what was typed, in this life
	life     uint16
	numbered uint64 // records typed in this life
	unproved []byte // typed, and not yet echoed as a hash
	proved   rolling
	loose    bool // what a killed client took with it leaves no exact echo
	heard    pulse
	echoed   pulse
	seen     uint64 // typed bytes that the program has told of
	attaches int
	redials  int
	gaps     uint64 // bytes that were said to be gone
	binary   bool
	own      bool // its client is of this process
	modest   bool // it pastes nothing
	report   report
}

func newStream(s *stack, number int, what string, seed uint64) *stream {
	return &stream{
		number: number, what: what, stack: s, rng: rand.New(rand.NewPCG(seed, uint64(number))),
		out: newLedger(true), errs: newLedger(true), typed: newLedger(true),
		life: uint16(number)<<8 | 1,
	}
}

func (s *stream) String() string { return fmt.Sprintf("session %d (%s)", s.number, s.what) }

// sink reads what comes of stdout.
type sink struct{ s *stream }

func (k sink) Write(p []byte) (int, error) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	before := k.s.out.Records
	_, _ = k.s.out.Write(p)
	k.s.moved(before)
	return len(p), nil
}

// errSink reads what comes of stderr.
type errSink struct{ s *stream }

func (k errSink) Write(p []byte) (int, error) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	return k.s.errs.Write(p)
}

// moved notes what is new since there were that many records. The caller holds mu.
func (s *stream) moved(before int64) {
	if s.out.Records == before {
		return
	}
	at := s.stack.news.now()
	if silent := s.heard.beat(at); silent > worthTelling {
		s.stack.news.add("%s put out nothing for %s", s, short(silent))
	}
	if s.out.last.seen > s.seen {
		s.seen = s.out.last.seen
		if silent := s.echoed.beat(at); silent > worthTelling {
			s.stack.news.add("%s read nothing for %s", s, short(silent))
		}
	}
	s.prove(s.out.last)
}

// prove compares the program's hash of what it read with what was typed.
func (s *stream) prove(r record) {
	if s.loose || r.seen <= s.proved.n {
		return
	}
	n := r.seen - s.proved.n
	if n > uint64(len(s.unproved)) {
		s.stack.news.wrong("%s: the program read %d bytes and %d were typed", s, r.seen, s.typed.n)
		s.loose = true
		return
	}
	s.proved.write(s.unproved[:n])
	s.unproved = s.unproved[n:]
	if s.proved.sum != r.hash {
		s.stack.news.wrong("%s: of %d typed bytes the program read others", s, r.seen)
		s.loose = true
	}
}

// next is what is typed next: a few records.
func (s *stream) next(last bool) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 1 + s.rng.IntN(3)
	if s.rng.IntN(pasteEvery) == 0 && !s.modest {
		n = s.rng.IntN(paste)
	}
	if last {
		n = 1
	}
	var b []byte
	for range n {
		b = record{life: s.life, number: s.numbered, last: last}.append(b, s.binary)
		s.numbered++
	}
	_, _ = s.typed.Write(b)
	if !s.loose {
		s.unproved = append(s.unproved, b...)
	}
	return b
}

// How keys are typed: 6 KB/s, more than any person, and now and then a paste
// that is larger than what may be under way.
const (
	typeEvery  = 20 * time.Millisecond
	pasteEvery = 500
	paste      = 5000 // records, at most
)

// typing types until ctx ends or the keys are not taken. Where the pieces end
// has nothing to do with where the records do.
func (s *stream) typing(ctx context.Context, w io.Writer) {
	pace := time.NewTicker(typeEvery)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		if !s.put(w, s.next(false)) {
			return
		}
	}
}

func (s *stream) put(w io.Writer, b []byte) bool {
	s.mu.Lock()
	at := s.rng.IntN(len(b) + 1)
	s.mu.Unlock()
	for _, p := range [][]byte{b[:at], b[at:]} {
		if len(p) == 0 {
			continue
		}
		if _, err := w.Write(p); err != nil {
			return false
		}
	}
	return true
}

// mark is where a stream was at a time.
type mark struct{ heard, echoed uint64 }

func (s *stream) mark() mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return mark{heard: uint64(s.out.Records), echoed: max(s.seen, s.proved.n+uint64(len(s.unproved)))}
}

// past says that both directions have moved on since: that output came, and
// that all that was typed by then was read.
func (s *stream) past(m mark) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(s.out.Records) > m.heard && s.seen > m.echoed
}

// check compares both ends, when all is over.
func (s *stream) check() {
	path := filepath.Join(s.stack.dir, "report", strconv.Itoa(s.number))
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &s.report)
	}
	if err != nil {
		s.stack.news.wrong("%s: its program left no report: %v", s, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.close()
	s.errs.close()
	say := func(format string, args ...any) { s.stack.news.wrong("%s: "+format, append([]any{s}, args...)...) }
	if f := s.out.faults(); f != "" {
		say("stdout: %s", f)
	}
	if f := s.errs.faults(); f != "" {
		say("stderr: %s", f)
	}
	r := s.report
	if r.Lost+r.Doubled+r.Changed > 0 || r.Bad != "" {
		say("typed: %d records lost, %d doubled, %d bytes changed %s", r.Lost, r.Doubled, r.Changed, r.Bad)
	}
	if s.gaps > 0 {
		say("%d bytes were said to be gone", s.gaps)
	}
	if got := r.Lives[s.life]; got != s.numbered {
		say("%d records were typed and %d read", s.numbered, got)
	}
	if s.loose {
		if end := r.Out.Bytes / recordLen; s.out.last.number+1 != end {
			say("the last client saw the end at record %d, not %d", s.out.last.number+1, end)
		}
		return
	}
	for _, c := range []struct {
		what       string
		sent, came side
	}{{"stdout", r.Out, sideOf(s.out)}, {"stderr", r.Err, sideOf(s.errs)}, {"typed", sideOf(s.typed), r.In}} {
		if c.sent != c.came {
			say("%s: %d bytes were sent and %d came, hashes %.12s and %.12s", c.what, c.sent.Bytes, c.came.Bytes, c.sent.Digest, c.came.Digest)
		}
	}
}

// begun waits for the first output.
func (s *stream) begun() error {
	return eventually(context.Background(), fmt.Sprintf("%s: nothing comes", s), func() bool { return s.mark().heard > 0 })
}

// within waits for an end.
func (s *stream) within(done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return fmt.Errorf("%s does not end", s)
	}
}

// state is where it stands, for who wonders why it does not move on.
func (s *stream) state(since mark) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("output stands at record %d (then %d), of %d bytes typed in this life the program has told of %d (wanted: more than %d)",
		s.out.Records, since.heard, s.numbered*recordLen, s.seen, since.echoed)
}
