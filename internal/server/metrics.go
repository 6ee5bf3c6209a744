package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof" // what it adds to http.DefaultServeMux nobody serves
	"time"

	prometheus "github.com/VictoriaMetrics/metrics"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// metrics are numbers about the server as a whole: nothing in them names a user, a
// machine or a session.
type metrics struct {
	set      *prometheus.Set
	commits  *prometheus.PrometheusHistogram // writes to the database, from the wait for their turn until they are on disk
	failures *prometheus.Counter             // reads and writes that the storage refused
}

var (
	answerBuckets = []float64{.001, .005, .025, .1, .5, 2, 10}              // seconds
	commitBuckets = []float64{.0005, .001, .002, .005, .01, .05, .25, 1, 5} // seconds
)

func newMetrics() *metrics {
	set := prometheus.NewSet()
	return &metrics{
		set:      set,
		commits:  set.NewPrometheusHistogramExt("vsay_store_write_duration_seconds", commitBuckets),
		failures: set.NewCounter("vsay_store_errors_total"),
	}
}

// answered counts an answer, by route and status.
func (m *metrics) answered(pattern string, status int, took time.Duration) {
	name := fmt.Sprintf("vsay_http_request_duration_seconds{route=%q,status=\"%d\"}", pattern, status)
	m.set.GetOrCreatePrometheusHistogramExt(name, answerBuckets).Update(took.Seconds())
}

// upgraded counts a WebSocket, by route.
func (m *metrics) upgraded(pattern string) {
	m.set.GetOrCreateCounter(fmt.Sprintf("vsay_websockets_total{route=%q}", pattern)).Inc()
}

// writeMetrics writes all numbers, those of the process as well, in Prometheus' format.
func (s *Server) writeMetrics(w io.Writer) {
	s.metrics.set.WritePrometheus(w)
	var ready uint64
	if s.ready.Load() {
		ready = 1
	}
	now := s.relay.Load()
	prometheus.WriteGaugeUint64(w, fmt.Sprintf("vsay_build_info{version=%q}", s.cfg.Version), 1)
	prometheus.WriteGaugeUint64(w, "vsay_ready", ready)
	prometheus.WriteGaugeUint64(w, "vsay_machines_online", uint64(now.Machines))
	prometheus.WriteGaugeUint64(w, "vsay_session_links", uint64(now.Sessions))
	prometheus.WriteGaugeUint64(w, "vsay_viewers", uint64(now.Viewers))
	prometheus.WriteGaugeUint64(w, "vsay_links", uint64(now.Links))
	prometheus.WriteGaugeUint64(w, "vsay_machine_streams", uint64(s.live.open()))
	prometheus.WriteCounterUint64(w, "vsay_machine_lists_total", s.live.editions.Load())
	prometheus.WriteGaugeUint64(w, "vsay_password_hashes_waiting", uint64(s.passwords.waiting.Load()))
	prometheus.WriteCounterUint64(w, `vsay_frames_total{direction="output"}`, now.FramesOut)
	prometheus.WriteCounterUint64(w, `vsay_frames_total{direction="input"}`, now.FramesIn)
	prometheus.WriteCounterUint64(w, `vsay_bytes_total{direction="output"}`, now.BytesOut)
	prometheus.WriteCounterUint64(w, `vsay_bytes_total{direction="input"}`, now.BytesIn)
	prometheus.WriteProcessMetrics(w)
}

// counted is a route whose answers are counted.
func (s *Server) counted(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		next.ServeHTTP(w, r)
		rec, ok := w.(*recorder)
		switch {
		case !ok || rec.status == 0:
		case rec.status == http.StatusSwitchingProtocols:
			s.metrics.upgraded(pattern)
		case rec.stream: // how long it took says nothing
		default:
			s.metrics.answered(pattern, rec.status, time.Since(began))
		}
	})
}

// wrote is told of every write to the store.
func (s *Server) wrote(took time.Duration, err error) {
	s.metrics.wrote(took, err)
	if store.Full(err) {
		s.ballast.give(time.Now())
	}
}

// wrote counts a write to the store.
func (m *metrics) wrote(took time.Duration, err error) {
	m.commits.Update(took.Seconds())
	if wire.AsError(err).Code == wire.ErrUnavailable.Code && err != nil {
		m.failures.Inc()
	}
}

// RunMetrics answers on a listener of its own, which the world must not reach, until
// ctx ends: /metrics for Prometheus and /debug/pprof/ for go tool pprof.
func (s *Server) RunMetrics(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		s.writeMetrics(w)
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: noPages(mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	return ignoreClosed(srv.Serve(ln))
}

// noPages refuses browsers: a page of the world could be led to a name that stands
// for loopback, and read what only this machine may.
func noPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if r.Header.Get("Origin") != "" || host != "localhost" && net.ParseIP(host) == nil {
			http.Error(w, "ask by address, as http://127.0.0.1:PORT/metrics", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
