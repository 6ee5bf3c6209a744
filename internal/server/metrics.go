package server

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof" // what it adds to http.DefaultServeMux nobody serves
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vsay/internal/store"
	"vsay/internal/wire"
)

// metrics are numbers about the server as a whole: nothing in them names a user, a
// machine or a session.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	upgrades *prometheus.CounterVec
	commits  prometheus.Histogram
	failures prometheus.Counter
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vsay_http_request_duration_seconds", Help: "Answers by route and status. Logins are those of POST /api/login.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2, 10},
		}, []string{"route", "status"}),
		upgrades: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vsay_websockets_total", Help: "WebSockets that have ended, by route.",
		}, []string{"route"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "vsay_store_write_duration_seconds", Help: "Writes to the database, from the wait for their turn until they are on disk.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .05, .25, 1, 5},
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vsay_store_errors_total", Help: "Reads and writes that the storage refused.",
		}),
	}
	m.registry.MustRegister(
		m.requests, m.upgrades, m.commits, m.failures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), s.gauges(),
	)
	return m
}

// gauges are what is read when somebody asks.
func (s *Server) gauges() prometheus.Collector {
	return collector{s, map[string]*prometheus.Desc{
		"build":    prometheus.NewDesc("vsay_build_info", "The version that runs.", []string{"version"}, nil),
		"ready":    prometheus.NewDesc("vsay_ready", "1 while the server takes requests, 0 while it starts or leaves.", nil, nil),
		"machines": prometheus.NewDesc("vsay_machines_online", "Machines whose agent is connected.", nil, nil),
		"sessions": prometheus.NewDesc("vsay_session_links", "Sessions that are connected, watched or of late.", nil, nil),
		"viewers":  prometheus.NewDesc("vsay_viewers", "Viewers of sessions.", nil, nil),
		"links":    prometheus.NewDesc("vsay_links", "All WebSockets of agents, sessions and viewers.", nil, nil),
		"frames":   prometheus.NewDesc("vsay_frames_total", "Frames passed on, to viewers (output) and to sessions (input).", []string{"direction"}, nil),
		"bytes":    prometheus.NewDesc("vsay_bytes_total", "Their payload.", []string{"direction"}, nil),
		"hashing":  prometheus.NewDesc("vsay_password_hashes_waiting", "Logins and signups that wait for their turn to hash.", nil, nil),
	}}
}

type collector struct {
	s     *Server
	descs map[string]*prometheus.Desc
}

// Describe is prometheus.Collector's.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
}

// Collect is prometheus.Collector's.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(name string, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(c.descs[name], prometheus.GaugeValue, v, labels...)
	}
	counter := func(name string, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(c.descs[name], prometheus.CounterValue, float64(v), labels...)
	}
	ready := 0.0
	if c.s.ready.Load() {
		ready = 1
	}
	now := c.s.relay.Load()
	gauge("build", 1, c.s.cfg.Version)
	gauge("ready", ready)
	gauge("machines", float64(now.Machines))
	gauge("sessions", float64(now.Sessions))
	gauge("viewers", float64(now.Viewers))
	gauge("links", float64(now.Links))
	gauge("hashing", float64(c.s.passwords.waiting.Load()))
	counter("frames", now.FramesOut, "output")
	counter("bytes", now.BytesOut, "output")
	counter("frames", now.FramesIn, "input")
	counter("bytes", now.BytesIn, "input")
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
			s.metrics.upgrades.WithLabelValues(pattern).Inc()
		default:
			s.metrics.requests.WithLabelValues(pattern, strconv.Itoa(rec.status)).Observe(time.Since(began).Seconds())
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
	m.commits.Observe(took.Seconds())
	if wire.AsError(err).Code == wire.ErrUnavailable.Code && err != nil {
		m.failures.Inc()
	}
}

// RunMetrics answers on a listener of its own, which the world must not reach, until
// ctx ends: /metrics for Prometheus and /debug/pprof/ for go tool pprof.
func (s *Server) RunMetrics(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
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
