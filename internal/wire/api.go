package wire

import "time"

// User is a person with an account. APIKey is there only where the contract
// shows it: in the answers to login and profile.
type User struct {
	ID        string     `json:"id"`
	Username  string     `json:"username"`
	Email     string     `json:"email"`
	APIKey    string     `json:"api_key,omitzero"`
	CreatedAt *time.Time `json:"created_at,omitzero"`
}

// Signup is the body of POST /api/signup.
type Signup struct {
	Username string `json:"username"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Invite   string `json:"invite,omitzero"` // where signup is by invitation
}

// Login is the body of POST /api/login.
type Login struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Signed answers signup (without Token), login, refresh (Token alone) and the
// routes of the profile: whichever of it the contract names there.
type Signed struct {
	Message string `json:"message,omitzero"`
	Token   string `json:"token,omitzero"`
	APIKey  string `json:"api_key,omitzero"`
	User    *User  `json:"user,omitzero"`
}

// RegenerateKey is the optional body of POST /api/profile/regenerate-api-key.
type RegenerateKey struct {
	KeepMachines bool `json:"keep_machines"` // machines enrolled with the old key stay enrolled
}

// ResetPassword is the body of POST /api/profile/reset-password.
type ResetPassword struct {
	CurrentPassword string `json:"current_password"`
	NewPassword     string `json:"new_password"`
}

// Machine is what GET /api/machines returns and what `vsay ls` prints.
type Machine struct {
	AgentID       string            `json:"agent_id"`
	Name          string            `json:"name"`
	Description   string            `json:"description"`
	OS            string            `json:"os"`
	Arch          string            `json:"arch"`
	IPAddress     string            `json:"ip_address"`
	Status        string            `json:"status"` // StatusOnline, StatusOffline or StatusPending
	CPUPercent    float64           `json:"cpu_percent"`
	MemoryPercent float64           `json:"memory_percent"`
	DiskPercent   float64           `json:"disk_percent"`
	Uptime        int64             `json:"uptime"`      // seconds since the machine started
	LastActive    *time.Time        `json:"last_active"` // null: never seen
	AgentVersion  string            `json:"agent_version"`
	Owner         string            `json:"owner"` // a username
	Labels        map[string]string `json:"labels"`
	Sessions      int               `json:"sessions"` // that run there
}

const (
	StatusOnline  = "online"
	StatusOffline = "offline"
	StatusPending = "pending" // its owner has not let it in yet

	StatusActive   = "active"   // somebody watches
	StatusDetached = "detached" // runs, nobody watches
	StatusClosed   = "closed"
)

// ChangeMachine is the body of PATCH /api/machines/{agent_id}. What is not in it stays; what
// is empty goes back to what the machine says of itself.
type ChangeMachine struct {
	Name        *string            `json:"name,omitzero"`
	Description *string            `json:"description,omitzero"`
	Labels      *map[string]string `json:"labels,omitzero"` // all of them
}

// Machines is the list around Machine.
type Machines struct {
	Machines []Machine `json:"machines"`
}

// OneMachine is the object around Machine.
type OneMachine struct {
	Machine Machine `json:"machine"`
}

const (
	KindShell = "shell"
	KindExec  = "exec"
)

// Session is a program on a machine: a shell, or one command.
type Session struct {
	SessionID   string     `json:"session_id"`
	Name        string     `json:"name"` // of a shell, unique among the machine's running ones
	Kind        string     `json:"kind"` // KindShell or KindExec
	AgentID     string     `json:"agent_id"`
	MachineName string     `json:"machine_name"`
	UserID      string     `json:"user_id"`
	Username    string     `json:"username"`
	Source      string     `json:"source"`
	Status      string     `json:"status"`
	StartedAt   time.Time  `json:"started_at"`
	EndedAt     *time.Time `json:"ended_at"`    // null while it runs
	LastActive  time.Time  `json:"last_active"` // when a viewer last came, or left
	Command     string     `json:"command"`
	ExitCode    *int       `json:"exit_code"` // null while it runs, or when it was lost
	Viewers     []Viewer   `json:"viewers"`

	// What only its machine knows, and only a list tells. IdleSeconds is null when
	// the machine did not say; the others are then missing.
	IdleSeconds *int64 `json:"idle_seconds"`        // since it last put out anything, or took any input
	Foreground  string `json:"foreground,omitzero"` // the name of the program that has the terminal
	Title       string `json:"title,omitzero"`      // of the terminal, as a program set it
	Cols        uint16 `json:"cols,omitzero"`       // of the terminal
	Rows        uint16 `json:"rows,omitzero"`       //
}

// OneSession is the object around Session.
type OneSession struct {
	Session Session `json:"session"`
}

// RenameSession is the body of PATCH /api/terminal/sessions/{id}.
type RenameSession struct {
	Name string `json:"name"`
}

// AskTicket is the body of POST /api/terminal/tickets: what the ticket is for.
type AskTicket struct {
	AgentID   string `json:"agent_id"`
	SessionID string `json:"session_id"` // empty: any of the user's sessions there, or a new one
	Mode      string `json:"mode"`       // ModeControl or ModeReadOnly
}

const (
	ModeControl  = "control"
	ModeReadOnly = "read_only"
)

// Ticket answers AskTicket. It opens one terminal, once, as a subprotocol with
// TicketPrefix in front.
type Ticket struct {
	Ticket    string    `json:"ticket"`
	ExpiresAt time.Time `json:"expires_at"`
}

// TicketPrefix is in front of a ticket among a handshake's subprotocols.
const TicketPrefix = "vsay.t."

// Sessions is the list around Session.
type Sessions struct {
	Sessions []Session `json:"sessions"`
}

// Command is the body of POST /api/machines/{agent_id}/command: a line for /bin/sh.
type Command struct {
	Command string `json:"command"`
}

// CommandSent answers Command at once.
type CommandSent struct {
	Message   string `json:"message"`
	Command   string `json:"command"`
	SessionID string `json:"session_id"`
}

// CommandDone answers Command with ?wait=true: the first MiB of each stream, and
// whether there was more of it.
type CommandDone struct {
	Stdout          string `json:"stdout"`
	Stderr          string `json:"stderr"`
	ExitCode        int    `json:"exit_code"`
	StdoutTruncated bool   `json:"stdout_truncated,omitzero"`
	StderrTruncated bool   `json:"stderr_truncated,omitzero"`
}

// Log is one line of what was run on a machine.
type Log struct {
	ID        string    `json:"id"`
	Command   string    `json:"command"` // empty: a shell
	UserID    string    `json:"user_id"`
	Username  string    `json:"username"`
	Timestamp time.Time `json:"timestamp"`
	Success   *bool     `json:"success"` // null while it runs, or when its exit was lost
	Source    string    `json:"source"`
	SessionID string    `json:"session_id"`
}

// Logs is the list around Log.
type Logs struct {
	Logs []Log `json:"logs"`
}

// Viewer is one client that watches a session.
type Viewer struct {
	Username  string    `json:"username"`
	Source    string    `json:"source"` // cli, ui, …: what the client calls itself
	IPAddress string    `json:"ip_address"`
	ReadOnly  bool      `json:"read_only"`
	Since     time.Time `json:"since"`
}

// Enroll is the body of POST /api/agent/enroll: an API key for a machine's own
// credential. Signature is by the machine's key over EnrollText.
type Enroll struct {
	APIKey    string `json:"api_key"`
	PublicKey []byte `json:"public_key"` // Ed25519, 32 bytes
	Signature []byte `json:"signature"`
	Hello     Hello  `json:"hello"`
}

// Enrolled answers Enroll.
type Enrolled struct {
	AgentID string `json:"agent_id"`
	Name    string `json:"name"`             // the wanted one, or a free one like it
	Pending bool   `json:"pending,omitzero"` // it has to wait until its owner lets it in
}

// Challenge is the body of POST /api/agent/challenge, and Challenged its answer:
// what to sign, with the machine's key, to open a control link.
type Challenge struct {
	AgentID string `json:"agent_id"`
}

// Challenged answers Challenge.
type Challenged struct {
	Nonce string `json:"nonce"`
}

// ErrorBody is the body of every failed request. The code travels beside it, in
// the header named ErrorHeader.
type ErrorBody struct {
	Error string `json:"error"`
}

// Names of headers.
const (
	ErrorHeader   = "Vsay-Error"   // the Code of the Error that the body tells of
	SessionHeader = "Vsay-Session" // the session a terminal socket was joined to
	RequestHeader = "X-Request-Id" // of every answer: names the request in the server's logs
	SecretHeader  = "Vsay-Secret"  // SHA-256 of a holder's secret, at its first dial
)

// Subprotocols of the WebSockets.
const (
	ViewerProtocol = "vsay.v1"
	PlainProtocol  = "vsay.plain" // what no subprotocol means, for who has to name one
	HoldProtocol   = "vsay.hold.v1"
	AgentProtocol  = "vsay.agent.v1"
)

// KeyRotated is what POST /api/admin/rotate-keys answers.
type KeyRotated struct {
	Message string `json:"message"`
	KeyID   string `json:"key_id"` // of the key that signs now
}
