package wire

import (
	"fmt"
	"time"
)

// Version is that of the frames' contents. Ends may differ by one.
const Version = 2

// Open asks for a session. The client says which; the server decides, fills in
// who asks, and passes it to the holder.
type Open struct {
	Version int `json:"version"`

	// Which session: Session (its id), or Name (joined, or created), or New (one
	// of its own), or none of them: the latest one that nobody watches, or a new one.
	Session string `json:"session,omitzero"`
	Name    string `json:"name,omitzero"`
	New     bool   `json:"new,omitzero"`
	Spec    Spec   `json:"spec"` // what to start, if there is something to start

	Attachment string  `json:"attachment"`           // random; the same again after a broken link
	Generation int     `json:"generation"`           // one more at each Open of an attachment: the newest link counts
	OutputFrom *uint64 `json:"output_from,omitzero"` // first byte wanted; null: the screen as it is
	Window     uint32  `json:"window"`               // output that may be sent from there
	History    uint32  `json:"history,omitzero"`     // without OutputFrom: up to so many bytes of earlier output, before the screen
	Redraw     bool    `json:"redraw,omitzero"`      // the terminal shows something else: a Screen, once all output was sent
	ReadOnly   bool    `json:"read_only,omitzero"`
	Steal      bool    `json:"steal,omitzero"` // leave the other viewers out
	Cols       uint16  `json:"cols,omitzero"`
	Rows       uint16  `json:"rows,omitzero"`
	Source     string  `json:"source,omitzero"`

	Viewer *Viewer `json:"viewer,omitzero"` // the server's word on who this is
	UserID string  `json:"user_id,omitzero"`
}

// Spec is what a session runs.
type Spec struct {
	Kind    string   `json:"kind"`             // KindShell or KindExec
	Command []string `json:"command,omitzero"` // of an exec; a shell is the user's own
	Shown   string   `json:"shown,omitzero"`   // what lists show as the command; empty: the command itself
	Env     []string `json:"env,omitzero"`     // K=V, beside what a login gives
	Dir     string   `json:"dir,omitzero"`     // default: home
	TTY     bool     `json:"tty,omitzero"`     // a shell always has one
	Term    string   `json:"term,omitzero"`    // TERM
	Cols    uint16   `json:"cols,omitzero"`    // of its terminal at first
	Rows    uint16   `json:"rows,omitzero"`    //
	Orphan  Seconds  `json:"orphan,omitzero"`  // ends this long after its last viewer broke off; 0: the machine's detached TTL
}

// Opened is the holder's answer to Open.
type Opened struct {
	Version   int    `json:"version"`
	Session   string `json:"session"`
	Name      string `json:"name"`
	Fresh     bool   `json:"fresh,omitzero"` // this Open created it
	InputFrom uint64 `json:"input_from"`     // the next byte of input the holder waits for
	Window    uint32 `json:"window"`         // input that may be sent from there
	TTY       bool   `json:"tty,omitzero"`

	// Output before Missed was put out while this viewer was away: whoever asked
	// something there waits no more, and its terminal must not answer.
	Missed uint64 `json:"missed,omitzero"`

	Since time.Time `json:"since,omitzero"` // when this viewer came first, over all its links
}

// Gap says that output [From, To) is gone: the machine keeps the last
// megabytes, and these were older.
type Gap struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Exit is how a program ended.
type Exit struct {
	Code   int    `json:"code"`            // 128+n for signal n
	Signal string `json:"signal,omitzero"` // its name, without SIG
	Error  string `json:"error,omitzero"`  // it did not start: one sentence
}

// String is "exit N", as the plain WebSocket closes with.
func (e Exit) String() string { return fmt.Sprintf("exit %d", e.Code) }

// GoAway asks to dial again after that long. The server spreads those that it
// sends away.
type GoAway struct {
	After Seconds `json:"after"`
}

// Facts is what a machine says of itself every BeatEvery.
type Facts struct {
	CPUPercent    float64 `json:"cpu_percent"`
	MemoryPercent float64 `json:"memory_percent"`
	DiskPercent   float64 `json:"disk_percent"`
	Uptime        int64   `json:"uptime"` // seconds
}

// Hello is the first frame of a control link.
type Hello struct {
	Version      int               `json:"version"`
	Name         string            `json:"name"`
	Description  string            `json:"description,omitzero"`
	OS           string            `json:"os"`
	Arch         string            `json:"arch"`
	AgentVersion string            `json:"agent_version"`
	Labels       map[string]string `json:"labels,omitzero"`
	Facts        Facts             `json:"facts"`
	Sessions     []string          `json:"sessions"`       // that live on this machine now
	Looks        bool              `json:"looks,omitzero"` // it answers Look
}

// Start asks the agent for a holder. The ticket lets it dial once; from then on
// it uses a secret of its own.
type Start struct {
	Session string  `json:"session"`
	Name    string  `json:"name"`
	Ticket  string  `json:"ticket"`
	Spec    Spec    `json:"spec"`
	TTL     Seconds `json:"ttl"` // a session nobody watches ends after that long
}

// Call asks the agent to have a session's holder dial the server.
type Call struct {
	Session string `json:"session"`
}

// End asks the agent to end a session and its whole process tree.
type End struct {
	Session string `json:"session"`
}

// Look asks the agent how those sessions are right now, MaxLook of them at most.
type Look struct {
	Sessions []string `json:"sessions"`
}

// MaxLook is how many sessions one Look may ask for: so many States fit a frame.
const MaxLook = 32

// State is how a session is right now, as its machine sees it.
type State struct {
	Session    string `json:"session"`
	Idle       int64  `json:"idle"`                // seconds since it last put out anything, or took any input
	Foreground string `json:"foreground,omitzero"` // the program that has the terminal; MaxForeground bytes at most
	Title      string `json:"title,omitzero"`      // of the terminal; MaxTitle bytes at most
	Cols       uint16 `json:"cols,omitzero"`       // of the terminal; 0: there is none
	Rows       uint16 `json:"rows,omitzero"`       //
}

// Sizes in bytes of what a State says.
const (
	MaxForeground = 64
	MaxTitle      = 256
)

// Reply answers Start, Call, End and Look. No error: it was done.
type Reply struct {
	Error  *Error  `json:"error,omitzero"`
	States []State `json:"states,omitzero"` // to Look: of the sessions that answered in time
}

// Seconds is a duration as JSON has it.
type Seconds float64

// Duration is the same as Go has it.
func (s Seconds) Duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }

// EnrollText is what a machine's key signs to enroll: that this key, at this
// host, wants to belong to whoever owns the API key.
func EnrollText(host string, publicKey []byte, apiKeyID string) []byte {
	return fmt.Appendf(nil, "vsay enroll\n%s\n%x\n%s\n", host, publicKey, apiKeyID)
}

// ChallengeText is what a machine's key signs to open a control link. The
// counter only ever grows; a copy of the key is found out when it does not.
func ChallengeText(host, agentID, nonce string, counter uint64) []byte {
	return fmt.Appendf(nil, "vsay control\n%s\n%s\n%s\n%d\n", host, agentID, nonce, counter)
}
