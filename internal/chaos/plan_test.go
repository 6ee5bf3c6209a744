//go:build unix

package chaos

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// kind is what a fault does.
type kind int

const (
	serverKill kind = iota // SIGKILL, and started again on the same port and data
	serverTerm             // SIGTERM, and started again
	serverSwap             // SIGTERM, and the other build started
	agentKill              // SIGKILL, and started again
	agentSwap              // SIGKILL, and the other build started
	clientKill             // SIGKILL of one vsay attach, and another one elsewhere
	cutLink                // every connection of a hop is reset
	halfOpen               // every connection of a hop is dead, and nobody is told
	outage                 // no packet of a hop passes; afterwards all do
	slowLink               // packets of a hop take up to Delay
	splitLink              // data of a hop comes a byte at a time
	kinds
)

var kindNames = [kinds]string{
	"server kill -9", "server SIGTERM", "server other build", "agent kill -9", "agent other build",
	"client kill -9", "link cut (RST)", "link half-open", "link outage", "link slow", "link split",
}

func (k kind) String() string { return kindNames[k] }

// weights are how often kinds come up, in parts of their sum.
var weights = [kinds]int{4, 2, 3, 3, 3, 4, 4, 2, 2, 3, 3}

// direction is which packets a broken hop drops.
type direction int

const (
	bothWays direction = iota
	toServer
	fromServer
)

// fault is one of the plan.
type fault struct {
	At    time.Duration // of the schedule, which stands still in calms
	Kind  kind
	Hop   int // of a link: 0 the clients', 1 the machine's
	Way   direction
	Spare bool          // of a half-open link of the machine's side: not the agent's own
	For   time.Duration // it lasts; of a kill: until the start
	Delay time.Duration
	Pick  int // which of the clients that can be killed
}

func (f fault) String() string {
	s := fmt.Sprintf("%8s  %s", f.At.Round(time.Millisecond), f.what())
	if f.Kind == clientKill {
		s += fmt.Sprintf(", no. %d", f.Pick)
	}
	if f.Delay > 0 {
		s += fmt.Sprintf(", up to %s", f.Delay)
	}
	return s + fmt.Sprintf(", for %s", f.For)
}

// what is the fault without its times.
func (f fault) what() string {
	s := f.Kind.String()
	if f.Kind >= cutLink {
		s += ", " + hopNames[f.Hop] + [...]string{"", ", to the server", ", from the server"}[f.Way]
	}
	if f.Spare {
		s += ", but for the agent's"
	}
	return s
}

var hopNames = [2]string{"clients' side", "machine's side"}

// plan is the faults of a run, in rounds. After each round there is a calm until
// every session has moved on. A round of one is a fault that is looked at by itself.
type plan [][]fault

// form is how a plan is to be.
type form struct {
	length  time.Duration // of the schedule
	round   int           // faults in a round
	spacing time.Duration // between two, at most
	longest time.Duration // a link is broken at most so long
	down    time.Duration // a process is away at most so long
	clients int           // that can be killed
	quick   bool          // no half-open links: each takes half a minute to be noticed
	alone   bool          // between two rounds there is one fault by itself
}

var (
	shortForm = form{length: 7 * time.Second, round: 5, spacing: 900 * time.Millisecond, longest: 3 * time.Second, down: 700 * time.Millisecond, quick: true}
	longForm  = form{round: 10, spacing: 2500 * time.Millisecond, longest: 40 * time.Second, down: 3 * time.Second, alone: true}
)

// newPlan draws one. The same seed and form give the same plan.
func newPlan(seed uint64, f form) (p plan) {
	rng := rand.New(rand.NewPCG(seed, 0))
	order, n := rng.Perm(len(singles)), 0
	var at time.Duration
	for at < f.length {
		round, end := make([]fault, 0, f.round), at
		for range f.round {
			at += between(rng, f.spacing/10, f.spacing)
			x := draw(rng, f)
			x.At = at
			round = append(round, x)
			end = max(end, at+x.For)
		}
		p, at = append(p, round), end
		if x := singles[order[n%len(order)]]; f.alone && f.allows(x) {
			x.At = at + f.spacing
			p, at = append(p, []fault{x}), x.At+x.For
		}
		n++
	}
	return p
}

// allows says that there is something for a fault to break.
func (f form) allows(x fault) bool { return x.Kind != clientKill || f.clients > 0 }

// newSingles is a plan of nothing but faults by themselves, each of them once.
func newSingles(f form) (p plan) {
	var at time.Duration
	for _, x := range singles {
		if f.allows(x) {
			x.At = at
			p, at = append(p, []fault{x}), at+x.For+f.spacing
		}
	}
	return p
}

// singles are the faults that are looked at by themselves.
var singles = []fault{
	{Kind: serverKill, For: time.Second},
	{Kind: serverTerm, For: time.Second},
	{Kind: serverSwap, For: time.Second},
	{Kind: agentKill, For: time.Second},
	{Kind: agentSwap, For: time.Second},
	{Kind: clientKill},
	{Kind: cutLink},
	{Kind: cutLink, Hop: 1},
	{Kind: halfOpen},
	{Kind: halfOpen, Way: toServer},
	{Kind: halfOpen, Way: fromServer},
	{Kind: halfOpen, Hop: 1},
	{Kind: halfOpen, Hop: 1, Spare: true},
	{Kind: halfOpen, Hop: 1, Spare: true, Way: toServer},
	{Kind: halfOpen, Hop: 1, Spare: true, Way: fromServer},
	{Kind: outage, For: 5 * time.Second},
	{Kind: outage, Hop: 1, For: 5 * time.Second},
	{Kind: slowLink, For: 5 * time.Second, Delay: 300 * time.Millisecond},
	{Kind: slowLink, Hop: 1, For: 5 * time.Second, Delay: 300 * time.Millisecond},
	{Kind: splitLink, For: 5 * time.Second},
	{Kind: splitLink, Hop: 1, For: 5 * time.Second},
}

// draw draws everything of a fault, whether its kind needs it or not: what one
// kind needs must not change what comes after it.
func draw(rng *rand.Rand, f form) fault {
	x := fault{Hop: rng.IntN(2), Way: direction(rng.IntN(3)), Spare: rng.IntN(2) == 0, Pick: rng.IntN(max(f.clients, 1))}
	delay, down := between(rng, 10*time.Millisecond, 300*time.Millisecond), between(rng, 0, f.down)
	weather, long := between(rng, f.longest/10, f.longest/4), between(rng, f.longest/8, f.longest)
	x.Kind = drawKind(rng)
	if x.Kind == clientKill && f.clients == 0 || x.Kind == halfOpen && f.quick {
		x.Kind = cutLink
	}
	x.Spare = x.Spare && x.Kind == halfOpen && x.Hop == 1
	switch x.Kind {
	case cutLink:
		x.Way = bothWays
	case halfOpen, outage:
		x.For = long
	case slowLink, splitLink:
		x.Way, x.For = bothWays, weather
		if x.Kind == slowLink {
			x.Delay = delay
		}
	default:
		x.For = down
	}
	return x
}

func drawKind(rng *rand.Rand) kind {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := rng.IntN(sum)
	for k, w := range weights {
		if n -= w; n < 0 {
			return kind(k)
		}
	}
	panic("the weights do not add up")
}

func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return (low + time.Duration(rng.Int64N(int64(high-low)+1))).Round(time.Millisecond)
}

func (p plan) count() (n int) {
	for _, round := range p {
		n += len(round)
	}
	return n
}

func TestSameSeedSameFaults(t *testing.T) {
	f := longForm
	f.length, f.clients = 20*time.Minute, 2
	one, same, other := newPlan(1, f), newPlan(1, f), newPlan(2, f)
	if !reflect.DeepEqual(one, same) {
		t.Error("one seed gave two plans")
	}
	if reflect.DeepEqual(one, other) {
		t.Error("two seeds gave one plan")
	}
	var seen [kinds]int
	byItself := map[string]bool{}
	var last time.Duration
	for _, round := range one {
		if len(round) == 1 {
			byItself[round[0].what()] = true
		}
		for _, x := range round {
			seen[x.Kind]++
			if x.At <= last {
				t.Errorf("%s comes before the one it follows", x)
			}
			last = x.At
		}
	}
	for _, x := range singles {
		if !byItself[x.what()] {
			t.Errorf("nothing shows what this does by itself: %s", x.what())
		}
	}
	for k, n := range seen {
		if n == 0 {
			t.Errorf("in %d faults there is no %s", one.count(), kind(k))
		}
	}
}
