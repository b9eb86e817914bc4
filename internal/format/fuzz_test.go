package format

import "testing"

func seeds(f *testing.F) {
	f.Helper()
	for _, h := range hostile {
		// Long ones cost the fuzzer its time, and find nothing that short ones do not.
		if len(h) < 200 {
			f.Add(h)
		}
	}
}

func FuzzText(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, h string) { checkText(t, h) })
}

func FuzzCSV(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, h string) { checkCSV(t, h) })
}

func FuzzCEF(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, h string) { checkCEF(t, h) })
}

func FuzzSyslog(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, h string) { checkSyslog(t, h) })
}

func FuzzJSON(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, h string) { checkJSON(t, h) })
}
