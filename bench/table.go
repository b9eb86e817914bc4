package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// figure is one row: what was measured, against what, and whether that is
// enough.
type figure struct {
	name, target, measured, reference string
	ratio                             float64 // 0 where there is none
	judged, met                       bool    // against a target, if there is one
}

// pageFigures compares what pages measured. The demo that Coffer grew from created
// 512 cards a second and answered 5,250 signed-out views beside a bare server
// with 4,340 inserts and 25,950 synced lines: ten times the one and four times
// the other are 1.18 and 0.81 of the bare server's figures here.
func (m *measurement) pageFigures() []figure {
	return []figure{
		m.against("card view, 1 client", "view 1", "bare line 1", 0),
		m.against("card view, 64 clients", "view 64", "bare line 64", 0.5),
		m.against("card create, 1 client", "create 1", "bare insert 1", 0),
		m.against("card create, 64 clients", "create 64", "bare insert 64", 1.18),
		m.against("signed-out view, 1 client", "signed out 1", "bare line 1", 0),
		m.against("signed-out view, 64 clients", "signed out 64", "bare line 64", 0.81),
		m.against("login, 64 clients", "login 64", "hash", 0.9),
	}
}

func (m *measurement) against(name, measured, reference string, want float64) figure {
	return compare(name, m.results[measured], m.results[reference], reference, want)
}

// compare takes the ratio of each round, whose two halves were measured one
// after the other, and of those the median: a slow minute of the machine falls
// on both halves, and an odd one on no more than a round.
func compare(name string, got, ref []result, of string, want float64) figure {
	rates, others := each(got, func(r result) float64 { return r.rate }), each(ref, func(r result) float64 { return r.rate })
	f := figure{
		name:      name,
		measured:  fmt.Sprintf("%.0f/s, p99 %.1f ms", median(rates), median(each(got, func(r result) float64 { return r.p99 }))),
		reference: fmt.Sprintf("%s: %.0f/s", of, median(others)),
	}
	var ratios []float64
	for i := range min(len(rates), len(others)) {
		ratios = append(ratios, rates[i]/others[i])
	}
	f.ratio = median(ratios)
	if want > 0 {
		f.target, f.judged, f.met = fmt.Sprintf("≥ %.2f × %s", want, of), true, f.ratio >= want
	}
	return f
}

// slowest judges the 99th percentile: the median of what the rounds came to.
func (m *measurement) slowest(name, measured string, limit float64) figure {
	return atMost(name, "ms", median(each(m.results[measured], func(r result) float64 { return r.p99 })), limit)
}

func atMost(name, unit string, got, limit float64) figure {
	return figure{
		name: name, target: fmt.Sprintf("< %.0f %s", limit, unit), measured: fmt.Sprintf("%.1f %s", got, unit),
		judged: true, met: got < limit,
	}
}

func atLeast(name, unit string, got, limit float64) figure {
	return figure{
		name: name, target: fmt.Sprintf("≥ %.0f %s", limit, unit), measured: fmt.Sprintf("%.0f %s", got, unit),
		judged: true, met: got >= limit,
	}
}

// with adds a remark where the reference stands.
func (f figure) with(remark string, args ...any) figure {
	f.reference = fmt.Sprintf(remark, args...)
	return f
}

func print(w io.Writer, figures []figure) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\ttarget\tmeasured\treference\tratio\t")
	met, judged := 0, 0
	for _, f := range figures {
		ratio, verdict := "", ""
		if f.ratio > 0 {
			ratio = fmt.Sprintf("%.2f", f.ratio)
		}
		if f.judged {
			judged++
			verdict = "short"
			if f.met {
				met++
				verdict = "ok"
			}
		}
		fmt.Fprintln(t, strings.Join([]string{f.name, f.target, f.measured, f.reference, ratio, verdict}, "\t"))
	}
	_ = t.Flush() // standard output is gone: nobody is left to tell
	fmt.Fprintf(w, "\n%d of %d targets met\n", met, judged)
}

func each(results []result, of func(result) float64) (values []float64) {
	for _, r := range results {
		values = append(values, of(r))
	}
	return values
}

// median leaves its argument as it is; of nothing it is 0.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(of))[len(of)/2]
}
