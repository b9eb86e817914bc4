package file

// Machine is the system's own disk, for a test's disk that fails on demand.
func Machine() Disk { return machine{} }

// Changed is when a file last changed in any way.
var Changed = changed
