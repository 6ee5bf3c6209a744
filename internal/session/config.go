package session

import (
	"time"

	"vsay/internal/wire"
)

// Config is all a holder is told, as JSON on its stdin: nothing of it shows in
// `ps` or in an environment.
type Config struct {
	Session  string    `json:"session"`
	Name     string    `json:"name"`
	Ticket   string    `json:"ticket"`   // for the first dial
	Server   string    `json:"server"`   // URL
	Insecure bool      `json:"insecure"` // plain HTTP off loopback was allowed
	CAFile   string    `json:"ca_file"`
	Root     []byte    `json:"root"` // the certificate the agent trusted the server for, or empty
	Pins     []string  `json:"pins"` // of the server's key; empty: any will do
	Run      wire.Spec `json:"run"`
	ReadOnly bool      `json:"read_only"` // nobody types here, whatever the server says
	Shell    string    `json:"shell"`
	Dir      string    `json:"dir"`    // home
	Env      []string  `json:"env"`    // the whole environment of the program
	Socket   string    `json:"socket"` // where agents find this session
	TTL      float64   `json:"ttl"`    // seconds a session that was left lives on
	Agent    int       `json:"agent"`  // the process whose end is this session's; 0: it outlives all of them
}

// Times of a holder.
const (
	hangUpAfter = time.Minute     // a link nobody watches through
	killGrace   = 5 * time.Second // between SIGHUP and SIGKILL
	drainFor    = 200 * time.Millisecond
	keepExit    = 2 * time.Hour // the end of a program, at most, for viewers who broke off: an hour without a network is survived
	dialWithin  = 20 * time.Second
	minRedial   = 250 * time.Millisecond
	earlyRedial = 2 * time.Second // between dials at most, early in an outage: somebody waits
	maxRedial   = 5 * time.Second
	idleRedial  = time.Minute // at most, when nobody waits but the server, for the end
	early       = 30 * time.Second
	healthy     = time.Minute     // a link that lived so long: the next one is dialled soon
	brief       = 5 * time.Second // one that lived less is a part of the outage
	probeFor    = 2 * time.Second // a round trip of a link that may be dead
	maxPongs    = 16              // on their way out at a time, of all viewers
)
