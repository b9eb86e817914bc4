package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"coffer/internal/deliver"
)

// scrapeTime is what one look at the figures may take.
const scrapeTime = 5 * time.Second

// listenMetrics takes the port for the figures, which visitors never reach.
func (a *App) listenMetrics(ctx context.Context) (err error) {
	if a.MetricsListen == "" {
		return nil
	}
	var lc net.ListenConfig
	if a.metrics, err = lc.Listen(ctx, "tcp", a.MetricsListen); err != nil {
		return cannotListen("metrics-listen", a.MetricsListen, err)
	}
	return nil
}

// MetricsAddress is where the figures are served; empty if nowhere.
func (a *App) MetricsAddress() string {
	if a.metrics == nil {
		return ""
	}
	return a.metrics.Addr().String()
}

// serveMetrics answers /metrics and /readyz until ctx ends. Their failing is no
// reason to stop serving visitors.
func (a *App) serveMetrics(ctx context.Context) error {
	figures := prometheus.NewRegistry()
	figures.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), gauges{a})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(figures, promhttp.HandlerOpts{Timeout: scrapeTime}))
	mux.HandleFunc("GET /readyz", a.readyDetails)
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(a.metrics); !errors.Is(err, http.ErrServerClosed) {
		slog.Error("metrics are not served any more", "err", err)
	}
	<-ctx.Done()
	return nil
}

// readyDetails is /readyz with the reasons, a line each.
func (a *App) readyDetails(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	err, late := a.able(ctx), a.late(ctx)
	switch {
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "unavailable\n%v\n", err)
	case len(late) > 0:
		fmt.Fprintln(w, "degraded")
	default:
		fmt.Fprintln(w, "ok")
	}
	for _, l := range late {
		fmt.Fprintln(w, l)
	}
}

// gauges are the figures that are read when they are asked for.
type gauges struct{ *App }

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("coffer_"+name, help, labels, nil)
}

var (
	linesTotal     = figure("log_lines_total", "Lines sealed since the log began.")
	fileLag        = figure("log_file_lag_lines", "Sealed lines that security.log lacks.")
	checkpointAge  = figure("checkpoint_age_seconds", "Time since all sealed lines were signed.")
	verifiedAge    = figure("log_verified_age_seconds", "Time since the database's log was last looked through and found to be what was sealed; before the first time, since the start.")
	verifyFailures = figure("log_verify_failures", "What the newest look through it found, or the one under way; anything but 0 is an alarm.")
	buildInfo      = figure("build_info", "Always 1; the version is in the label.", "version")
	witnessLag     = figure("witness_lag_lines", "Signed lines that the witness has not cosigned; without a name, that too few have.", "witness")
	deliveryLag    = figure("delivery_lag_lines", "Sealed lines that the receiver has not acknowledged.", "delivery")
	deliveryAge    = figure("delivery_lag_seconds", "Age of the oldest line that the receiver has not acknowledged; 0 if there is none.", "delivery")
	deliveryFails  = figure("delivery_failures_total", "Attempts that failed since the start.", "delivery")
	certificateEnd = figure("certificate_expires_timestamp_seconds", "When the first of the certificates in use ends; absent without HTTPS of its own.")
	unbelieved     = figure("forwarded_unbelieved_total", "Requests with a forwarding header from a peer that is no trusted proxy.")
	deliveryActive = figure("delivery_active", "1 on the node that delivers, 0 on the others.", "delivery")
)

// Describe lists the figures.
func (g gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{linesTotal, fileLag, checkpointAge, verifiedAge, verifyFailures, buildInfo, witnessLag, deliveryLag, deliveryAge, deliveryFails, deliveryActive, certificateEnd, unbelieved} {
		out <- d
	}
}

// Collect reads them.
func (g gauges) Collect(out chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	put(buildInfo, prometheus.GaugeValue, 1, g.Version)
	put(unbelieved, prometheus.CounterValue, float64(g.web.Lookout.Unbelieved()))
	if end, known := g.certificateExpiry(); known {
		put(certificateEnd, prometheus.GaugeValue, float64(end.Unix()))
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	head, err := g.sealer.Head(ctx)
	if err != nil {
		slog.Warn("no figures of the log", "err", err)
		return
	}
	put(linesTotal, prometheus.CounterValue, float64(head.Size))
	put(fileLag, prometheus.GaugeValue, float64(lag(head.Size, g.follower.Reached())))
	put(checkpointAge, prometheus.GaugeValue, g.sealer.Behind().Seconds())
	put(verifyFailures, prometheus.GaugeValue, float64(g.check.failures(ctx)))
	if age, err := g.check.age(ctx); err == nil {
		put(verifiedAge, prometheus.GaugeValue, age.Seconds())
	}
	for _, w := range g.lags() {
		put(witnessLag, prometheus.GaugeValue, float64(w.Lines), w.Name)
	}
	all := make([]deliver.Status, 0, len(g.deliveries)+1)
	for _, d := range g.deliveries {
		all = append(all, d.Status())
	}
	if g.LogStdout && g.Stdout != nil {
		all = append(all, deliver.Status{Name: "stdout", Next: g.from + g.copied.lines.Load(), Here: true})
	}
	for _, s := range all {
		put(deliveryLag, prometheus.GaugeValue, float64(lag(head.Size, s.Next)), s.Name)
		put(deliveryAge, prometheus.GaugeValue, g.age(ctx, s.Next, head.Size), s.Name)
		put(deliveryFails, prometheus.CounterValue, float64(s.Failures), s.Name)
		put(deliveryActive, prometheus.GaugeValue, map[bool]float64{true: 1}[s.Here], s.Name)
	}
}

func lag(size, next uint64) uint64 {
	if next > size {
		return 0
	}
	return size - next
}

const selectAt = `SELECT at FROM event WHERE seq = $1`

// age is how old a line is, if it is there.
func (g gauges) age(ctx context.Context, seq, size uint64) float64 {
	var at int64
	if seq >= size || g.read.QueryRow(ctx, selectAt, seq).Scan(&at) != nil {
		return 0
	}
	return max(0, g.Now().Sub(time.UnixMicro(at)).Seconds())
}
