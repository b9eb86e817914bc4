package deliver

import "time"

// Status is how a delivery stands.
type Status struct {
	// Name is syslog, otlp or webhook.
	Name string
	// Receiver is scheme, host and port.
	Receiver string
	// Next is the first line that is not acknowledged.
	Next uint64
	// Here says that this process delivers, not another node.
	Here bool
	// Failing is since when nothing gets through; zero if it does.
	Failing time.Time
	// Attempts is how many failed since something got through.
	Attempts int
	// Failures is how many failed since the start.
	Failures uint64
	// Error is the last one's.
	Error string
}

// Status says how it stands.
func (d *Delivery) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// note makes the state visible to others.
func (d *Delivery) note() {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, s := &d.trouble, &d.status
	s.Next, s.Here, s.Attempts, s.Failures = d.next, d.lease.held, t.attempts, t.failures
	s.Failing, s.Error = time.Time{}, ""
	if t.failing() {
		s.Failing, s.Error = t.since, t.text
	}
}
