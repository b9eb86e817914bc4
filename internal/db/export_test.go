package db

// Queued is how many transactions wait for SQLite's writer.
func Queued(w *Writer) int {
	g := w.by.(*group)
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue)
}

// TreatAsFailedSync makes every error count as a failed sync, which no test
// can bring about without a broken disk.
func TreatAsFailedSync(w *Writer) {
	w.by.(*group).syncFailed = func(err error) bool { return err != nil }
}
