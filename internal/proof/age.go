package proof

import (
	"encoding/json"
	"fmt"
	"time"
)

// Age is a duration, in JSON as seconds.
type Age time.Duration

// MarshalJSON writes seconds.
func (a Age) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(a).Seconds()) }

// UnmarshalJSON reads them.
func (a *Age) UnmarshalJSON(b []byte) error {
	var seconds float64
	err := json.Unmarshal(b, &seconds)
	*a = Age(seconds * float64(time.Second))
	return err
}

const (
	// heartbeat is how often a living log writes a line at least.
	heartbeat = 5 * time.Minute
	// future is how far a clock may be ahead.
	future = 5 * time.Minute
)

// age is how old a stamp is; nil if it is none.
func age(now time.Time, stamp string) *Age {
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return nil
	}
	a := Age(now.Sub(at))
	return &a
}

func young(a *Age, most time.Duration) (ok bool) {
	return a != nil && time.Duration(*a) <= most && time.Duration(*a) >= -future
}

// old says an age as people do.
func old(a *Age) string {
	switch {
	case a == nil:
		return "of an unknown time"
	case time.Duration(*a) < -future:
		return "dated in the future"
	}
	return long(max(0, time.Duration(*a).Truncate(time.Second))) + " old"
}

// long says a time as people do.
func long(d time.Duration) string {
	switch {
	case d > 0 && d < time.Second:
		return d.String()
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d.Seconds())))
	case d < 2*time.Hour && d != time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
