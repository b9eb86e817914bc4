package file

// Reached is the number of the next line that the file lacks. Unlike the
// Follower's other methods it may be called from anywhere.
func (f *Follower) Reached() uint64 {
	m, _ := f.mark.unsaved()
	return m.seq
}
