// Package server is vsay's HTTP side: it authenticates, authorises and answers,
// in front of the store (what survives a restart) and the relay (who is
// connected now).
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"vsay/internal/certificate"
	"vsay/internal/relay"
	"vsay/internal/store"
	"vsay/internal/wire"
	"vsay/web"
)

// Server is one vsay server. Make it with New.
type Server struct {
	cfg    Config
	public *url.URL           // nil: not told
	pages  []*url.URL         // other origins
	cert   certificate.Source // nil: plain HTTP
	log    *slog.Logger
	now    func() time.Time
	began  time.Time            // by now's clock
	uptime func() time.Duration // since then, however that clock is set

	lock      *os.File // on the data folder
	store     *store.Store
	relay     *relay.Relay
	keys      keys
	metrics   *metrics
	ballast   *ballast
	ring      keyring
	issuer    string // this install, in its tokens
	passwords *passwords
	logins    *liveLogins
	seen      *sightings
	visits    visits
	live      *live
	paces     paces
	sockets   *sockets
	machines  door
	holders   door // apart: somebody watches them
	book      *store.AuditLog
	journal   *journal
	flood     *flood
	lineages  lineages
	verifying sync.Mutex
	handler   http.Handler
	site      *web.Site // the pages
	crowd     *crowd
	redirects net.Listener // plain HTTP that sends people to https; nil: none
	onPlain   http.Handler // there
	desk

	ready   atomic.Bool
	leaving atomic.Bool
	leave   chan struct{}  // closed when leaving
	busy    sync.WaitGroup // requests and links
}

// New opens the data folder. It refuses what it cannot keep safe, with a
// sentence about what to do.
func New(ctx context.Context, cfg Config, log *slog.Logger) (*Server, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	s := &Server{
		cfg: cfg, log: log, now: time.Now, began: began,
		uptime:    func() time.Duration { return time.Since(began) },
		relay:     relay.New(log),
		passwords: newPasswords(strongest()),
		logins:    newLiveLogins(),
		seen:      newSightings(),
		paces:     newPaces(cfg.Limits),
		live:      newLive(cfg.Limits),
		sockets:   newSockets(cfg.Limits),
		machines:  newDoor(cfg.Limits.Arrivals, 3*cfg.Limits.MachinesPerUser),
		holders:   newDoor(cfg.Limits.Arrivals, 30*cfg.Limits.SessionsPerUser),
		desk:      newDesk(),
		crowd:     newCrowd(cfg.Limits.ConnsPerIP, cfg.Proxies...),
		leave:     make(chan struct{}),
	}
	s.metrics = newMetrics()
	s.ballast = newBallast(cfg.DataDir, cfg.Ballast, log)
	if s.public, err = parsePublic(cfg.PublicURL); err != nil {
		return nil, err
	}
	if s.pages, err = parseOrigins(cfg.Origins); err != nil {
		return nil, err
	}
	if s.cert, err = certificate.Open(cfg.TLS, log); err != nil {
		return nil, err
	}
	if s.site, err = web.Built(); err != nil {
		return nil, err
	}
	if err := s.openData(ctx); err != nil {
		return nil, err
	}
	s.handler = s.routes()
	return s, nil
}

func (s *Server) openData(ctx context.Context) error {
	if err := store.PrivateDir(s.cfg.DataDir); err != nil {
		return err
	}
	var err error
	if s.lock, err = s.lockData(ctx); err != nil {
		return err
	}
	if err = s.openStore(ctx); err != nil {
		return errors.Join(s.unusable(err), s.lock.Close())
	}
	return nil
}

// unusable is err in the words of the one who starts the server. To others the
// storage is something that does not answer; this one can see to it.
func (s *Server) unusable(err error) error {
	reason := store.Reason(err)
	if reason == nil || !errors.Is(err, wire.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%s cannot be used: %w: see to its disk, then start again", s.cfg.Database(), reason)
}

func (s *Server) openStore(ctx context.Context) error {
	master, err := s.cfg.master()
	if err != nil {
		return err
	}
	if s.store, err = store.Open(ctx, s.cfg.Database()); err != nil {
		return err
	}
	s.store.Watch(s.wrote) // before anybody writes
	if err = s.openInstall(ctx, master); err != nil {
		return errors.Join(err, s.store.Close())
	}
	if err = s.forgetFutureTickets(ctx); err != nil {
		return errors.Join(err, s.store.Close())
	}
	if err = s.openJournal(); err != nil {
		return errors.Join(err, s.store.Close())
	}
	return nil
}

// openInstall finds the keys that belong to the database, and who this install is.
func (s *Server) openInstall(ctx context.Context, master []byte) error {
	var err error
	if s.keys, err = deriveKeys(master); err != nil {
		return err
	}
	known, err := s.store.Meta(ctx, "key_check", s.keys.fingerprint())
	if err != nil {
		return err
	}
	if master, err = s.cfg.settleMaster(master, known); err != nil {
		return err
	}
	if s.keys, err = deriveKeys(master); err != nil {
		return err
	}
	if s.issuer, err = s.store.Meta(ctx, "install_id", randomID()); err != nil {
		return err
	}
	return s.openRing(ctx)
}

// Handler answers requests as Run does, for a listener of somebody else.
func (s *Server) Handler() http.Handler { return s.handler }

// Close lets the data folder go. Run does it by itself.
func (s *Server) Close() error {
	s.journal.close()
	return errors.Join(s.store.Close(), s.lock.Close())
}

// Run serves on ln until ctx ends. Then it says so at /ready, sends everybody
// away, finishes what it began (for at most 3 s) and closes the store.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	srv, lines := s.httpServer(), listen(ln, s.fullHouse())
	failed := make(chan error, 1)
	go func() { failed <- s.serve(srv, lines) }()
	idle, stop := context.WithCancel(context.WithoutCancel(ctx))
	var chores sync.WaitGroup
	chores.Go(func() { s.chores(idle) })
	if s.cert != nil {
		chores.Go(func() { s.cert.Keep(idle) })
	}
	if s.redirects != nil {
		chores.Go(func() { s.redirect(idle) })
	}
	s.ready.Store(true)
	s.auditSelf("server started", "version", s.cfg.Version)

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.ready.Store(false)
	s.leaving.Store(true)
	close(s.leave)
	err = errors.Join(err, s.drain(srv, lines))
	stop()
	chores.Wait()
	s.auditSelf("server stopped")
	return errors.Join(err, s.Close())
}

func (s *Server) serve(srv *http.Server, ln net.Listener) error {
	ln = wire.Listener(ln)
	var err error
	if s.cert != nil {
		err = srv.ServeTLS(ln, "", "")
	} else {
		err = srv.Serve(ln)
	}
	return ignoreClosed(err)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("the server cannot go on: %w", err)
}

// chores are what is done every now and then, and once more at the end.
func (s *Server) chores(ctx context.Context) {
	save, prune := time.NewTicker(5*time.Second), time.NewTicker(time.Hour)
	defer save.Stop()
	defer prune.Stop()
	s.ballast.take(time.Now())
	for {
		select {
		case <-ctx.Done():
			s.saveSightings(context.WithoutCancel(ctx))
			s.saveVisits(context.WithoutCancel(ctx))
			return
		case <-save.C:
			s.saveSightings(ctx)
			s.live.saved()
			s.saveVisits(ctx)
			s.passwords.rest()
			s.ballast.take(time.Now())
		case <-prune.C:
			// a token outlives its login's last refresh by a day at most
			if err := s.store.Prune(ctx, s.now(), s.now().Add(-s.cfg.SessionMax-48*time.Hour)); err != nil {
				s.log.Warn("old counters and logins could not be removed", "err", err)
			}
			if err := s.pruneRing(ctx); err != nil {
				s.log.Warn("old signing keys could not be removed", "err", err)
			}
			s.pruneAudit(ctx)
			if err := s.endSilent(ctx); err != nil {
				s.log.Warn("sessions of machines that are gone were not written off", "err", err)
			}
		}
	}
}
