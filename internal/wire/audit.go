package wire

import "time"

// AuditRecord is one entry of the audit log. What does not apply is left out.
type AuditRecord struct {
	Seq         int64             `json:"seq"` // 1, 2, 3 … of the whole server
	Time        time.Time         `json:"time"`
	Event       string            `json:"event"`
	Result      string            `json:"result"` // AuditOK, AuditDenied or AuditFailed
	UserID      string            `json:"user_id,omitzero"`
	Username    string            `json:"username,omitzero"`
	LoginID     string            `json:"login_id,omitzero"`
	IPAddress   string            `json:"ip_address,omitzero"`
	AgentID     string            `json:"agent_id,omitzero"`
	MachineName string            `json:"machine_name,omitzero"` // as it was called then
	SessionID   string            `json:"session_id,omitzero"`
	RequestID   string            `json:"request_id,omitzero"` // that of the answer's header X-Request-Id, and of the server's log
	Detail      map[string]string `json:"detail,omitzero"`
	Hash        string            `json:"hash"` // SHA-256, hexadecimal, of this record and the hash of the one before
}

// What came of something.
const (
	AuditOK     = "ok"
	AuditDenied = "denied" // it was not allowed
	AuditFailed = "failed" // it could not be done, or a password was wrong
)

// AuditRecords is the list around AuditRecord.
type AuditRecords struct {
	Records []AuditRecord `json:"records"`
	Through int64         `json:"through"` // the seq up to which was looked: ask for what comes after
}

// AuditCheck is what became of walking the chain.
type AuditCheck struct {
	OK      bool   `json:"ok"`
	Sealed  bool   `json:"sealed"`  // with the key, by which missing records at either end show as well
	Records int64  `json:"records"` // that were found sound
	First   int64  `json:"first"`   // the seq of the first one; older ones were pruned
	Last    int64  `json:"last"`
	Head    string `json:"head"`             // the hash of the last one
	BadSeq  int64  `json:"bad_seq,omitzero"` // the first record that is wrong
	Problem string `json:"problem,omitzero"`
}
