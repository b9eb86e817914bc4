package limit

import (
	"strings"
	"testing"
	"time"
)

// The design's own numbers, written out a second time on purpose.
const asDesigned = "request=50/s,signup=30/h,login=20/min,lock=10/30min,strangers=100,reveal=10/h,cards=50,not_found=20/min,flood=20/min,flood_total=200/s"

func TestDefaultIsAsDesigned(t *testing.T) {
	if got := Default().String(); got != asDesigned {
		t.Errorf("Default().String() = %s, want %s", got, asDesigned)
	}
	for _, r := range Default().Rows() {
		if r.Changed() || r.Per == "" || r.Counts == "" {
			t.Errorf("Rows() has %+v, want a row that says what it counts per what and is unchanged", r)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ give, want string }{
		{"", asDesigned},
		{" , ", asDesigned},
		{"signup=5/h,login=off,cards=200", "request=50/s,signup=5/h,login=off,lock=10/30min,strangers=100,reveal=10/h,cards=200,not_found=20/min,flood=20/min,flood_total=200/s"},
		{" signup = 7/day ", strings.Replace(asDesigned, "signup=30/h", "signup=7/day", 1)},
		{"lock=5/2h,strangers=off", strings.Replace(asDesigned, "lock=10/30min,strangers=100", "lock=5/2h,strangers=off", 1)},
		{"lock=5/90min", strings.Replace(asDesigned, "10/30min", "5/90min", 1)},
		{"lock=5/120min", strings.Replace(asDesigned, "10/30min", "5/2h", 1)},
		{"lock=5/30day", strings.Replace(asDesigned, "10/30min", "5/30day", 1)},
		{"lock=5/45s", strings.Replace(asDesigned, "10/30min", "5/45s", 1)},
		{"cards=off", strings.Replace(asDesigned, "cards=50", "cards=off", 1)},
		{"reveal=1000000/s", strings.Replace(asDesigned, "reveal=10/h", "reveal=1000000/s", 1)},
		{"flood=5/min,flood_total=9/s", strings.Replace(strings.Replace(asDesigned, "flood=20/min", "flood=5/min", 1), "200/s", "9/s", 1)},
	} {
		got, err := Parse(c.give)
		if err != nil || got.String() != c.want {
			t.Errorf("Parse(%q) = %s, %v, want %s", c.give, got, err, c.want)
			continue
		}
		if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("Parse(%q) = %s, %v, want the table it was written from", got, again, err)
		}
	}
}

func TestParseSaysWhatWouldBeRight(t *testing.T) {
	rate := "a whole number from 1 to 1000000, a slash and s, min, h or day"
	for give, want := range map[string]string{
		"signup":          `"signup" is no limit: write name=value, such as signup=30/h or login=off`,
		"sing=5/h":        `no limit is named "sing": there are request, signup, login, lock, strangers, reveal, cards, not_found, flood, flood_total`,
		"signup=5":        `limit signup cannot be "5": write ` + rate + `, such as signup=30/h, or signup=off`,
		"signup=5/x":      `limit signup cannot be "5/x": write ` + rate + `, such as signup=30/h, or signup=off`,
		"login=0/min":     `limit login cannot be "0/min": write ` + rate + `, such as login=20/min, or login=off`,
		"login=-1/min":    `limit login cannot be "-1/min": write ` + rate + `, such as login=20/min, or login=off`,
		"login=+1/min":    `limit login cannot be "+1/min": write ` + rate + `, such as login=20/min, or login=off`,
		"login=":          `limit login cannot be "": write ` + rate + `, such as login=20/min, or login=off`,
		"login=5/min/min": `limit login cannot be "5/min/min": write ` + rate + `, such as login=20/min, or login=off`,
		"cards=200/h":     `limit cards cannot be "200/h": write a whole number from 1 to 1000000, such as cards=50, or cards=off`,
		"cards=1000001":   `limit cards cannot be "1000001": write a whole number from 1 to 1000000, such as cards=50, or cards=off`,
		"flood=20/h":      `limit flood cannot be "20/h": write a whole number from 1 to 1000000, a slash and min, such as flood=20/min, or flood=off`,
		"lock=10":         `limit lock cannot be "10": write a whole number from 1 to 1000000, a slash and a time of at most 30 days, such as lock=10/30min, or lock=off`,
		"lock=10/31day":   `limit lock cannot be "10/31day": write a whole number from 1 to 1000000, a slash and a time of at most 30 days, such as lock=10/30min, or lock=off`,
		"lock=10/0min":    `limit lock cannot be "10/0min": write a whole number from 1 to 1000000, a slash and a time of at most 30 days, such as lock=10/30min, or lock=off`,
		"login=5/2min":    `limit login cannot be "5/2min": write ` + rate + `, such as login=20/min, or login=off`,
		"strangers=9/h":   `limit strangers cannot be "9/h": write a whole number from 1 to 1000000, such as strangers=100, or strangers=off`,
		"cards=1,cards=2": `limit cards is set twice: leave one of them out`,
	} {
		if got, err := Parse(give); err == nil || err.Error() != want || got != (Table{}) {
			t.Errorf("Parse(%q) = %v, %v, want no table and: %s", give, got, err, want)
		}
	}
}

func TestDiffer(t *testing.T) {
	for _, c := range []struct{ before, now, from, to string }{
		{asDesigned, asDesigned, "", ""},
		{"a=1,b=2,c=3", "a=1,b=5,c=off", "b=2,c=3", "b=5,c=off"},
		{"a=1", "a=1,b=2", "", "b=2"},
		{"a=1,gone=2", "a=1", "gone=2", ""},
	} {
		if from, to := Differ(c.before, c.now); from != c.from || to != c.to {
			t.Errorf("Differ(%s, %s) = %q, %q, want %q, %q", c.before, c.now, from, to, c.from, c.to)
		}
	}
}

func TestRowsShowWhatChanged(t *testing.T) {
	table, err := Parse("signup=5/h,login=off")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Rows() {
		if want := r.Name == SignUp || r.Name == LogIn; r.Changed() != want {
			t.Errorf("Rows() says %s changed %v, want %v", r.Name, r.Changed(), want)
		}
	}
	if got := table.Of(SignUp); got != (Value{5, time.Hour}) {
		t.Errorf("Of(signup) = %v, want 5/h", got)
	}
	if got := table.Of(LogIn); !got.Off() {
		t.Errorf("Of(login) = %v, want off", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{asDesigned, "signup=5/h,login=off", "cards==", "=,", "login=9223372036854775808/s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		table, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(table.String()); err != nil || again != table {
			t.Errorf("Parse(%q) = %v, %v, want %v", table, again, err, table)
		}
	})
}
