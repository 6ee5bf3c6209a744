package server

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"vsay/internal/certificate"
)

// Config is what a server is told at start. Zero values are the defaults of
// the comments.
type Config struct {
	DataDir     string             // its folder, made private
	MasterKey   []byte             // nil: the one in the data folder
	Ballast     int64              // bytes set aside for a full disk; 0: none
	Signup      string             // who may make an account: "open" (default), "invite" or "closed"
	PublicURL   string             // how the world reaches it; empty: as each request says
	Origins     []string           // of pages elsewhere that may open terminals
	TLS         certificate.Config // where its certificate comes from
	Proxies     Proxies            // whose word on who asks is believed
	SessionMax  time.Duration      // how long refreshing prolongs one login, 30 days
	DetachedTTL time.Duration      // how long a session nobody watches lives, 72 h
	Version     string
	Limits      Limits

	AuditKeep     time.Duration // how long the audit log goes back, 365 days
	AuditLog      string        // a file that gets it as JSON lines as well, or "-" for Stdout
	Stdout        io.Writer     //
	StrictRefresh bool          // a token that was exchanged before ends its login when it is again

	ApproveMachines bool // a new machine waits until its owner lets it in: an API key alone brings none
}

const (
	signupOpen   = "open"
	signupInvite = "invite" // those whom an administrator invited
	signupClosed = "closed"
)

// Database is the file that holds all the server has to remember.
func (c Config) Database() string { return filepath.Join(c.DataDir, "vsay.db") }

func (c Config) complete() (Config, error) {
	switch c.Signup {
	case "":
		c.Signup = signupOpen
	case signupOpen, signupInvite, signupClosed:
	default:
		return c, fmt.Errorf("signup cannot be %q: it is open, invite or closed", c.Signup)
	}
	if c.DataDir == "" {
		return c, errors.New("no data folder: say --data-dir")
	}
	orDefault(&c.TLS.Dir, filepath.Join(c.DataDir, "acme"))
	orDefault(&c.SessionMax, 30*24*time.Hour)
	orDefault(&c.DetachedTTL, 72*time.Hour)
	c.Limits.complete()
	orDefault(&c.AuditKeep, 365*24*time.Hour)
	return c, nil
}

func orDefault[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

func parsePublic(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%q is no public URL: write it as https://vsay.example.com", s)
	}
	return u, nil
}
