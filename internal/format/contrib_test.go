package format

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"coffer/internal/event"
)

func contrib(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../contrib/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ini reads the settings of one of fail2ban's files.
func ini(t testing.TB, name string) map[string]string {
	t.Helper()
	settings, section := map[string]string{}, ""
	for line := range strings.Lines(contrib(t, "fail2ban/"+name)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		if key, value, is := strings.Cut(line, "="); is && !strings.HasPrefix(line, "#") {
			settings[section+"."+strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return settings
}

// filter does what fail2ban does with a line: the date's match is taken out,
// and the expression tried on what remains.
type filter struct{ date, fail *regexp.Regexp }

func readFilter(t testing.TB, name string) filter {
	t.Helper()
	settings := ini(t, "filter.d/"+name+".conf")
	date := strings.NewReplacer("%%Y", `\d{4}`, "%%m", `\d\d`, "%%d", `\d\d`, "%%H", `\d\d`, "%%M", `\d\d`, "%%S", `\d\d`,
		"%%f", `\d{1,6}`, "%%z", `(?:Z|[+-]\d\d:?\d\d)`).Replace(settings["Definition.datepattern"])
	// Looser than fail2ban's own, which only makes the test harder.
	fail := strings.ReplaceAll(settings["Definition.failregex"], "<ADDR>", `(?P<addr>[0-9A-Fa-f:.]+)`)
	if strings.Contains(date+fail, "%") || strings.Count(fail, "?P<addr>") != 1 || fail[0] != '^' || date[0] != '^' {
		t.Fatalf("filter %s: %s and %s", name, date, fail)
	}
	return filter{regexp.MustCompile(date), regexp.MustCompile(fail)}
}

// address is whom the filter blames for a line, if anybody.
func (f filter) address(line string) string {
	at := f.date.FindStringIndex(line)
	if at == nil {
		return ""
	}
	m := f.fail.FindStringSubmatch(line[:at[0]] + line[at[1]:])
	if m == nil {
		return ""
	}
	return m[1]
}

// blamed are the events that each filter counts.
var blamed = map[string][]string{
	"coffer":       {"authn_login_fail", "authn_signup_fail", "authn_stepup_fail"},
	"coffer-probe": {"malicious_direct_reference", "malicious_extraneous", "malicious_excess_404", "excess_rate_limit_exceeded"},
}

func TestFail2ban(t *testing.T) {
	readme := contrib(t, "fail2ban/README.md")
	for name, events := range blamed {
		f := readFilter(t, name)
		for _, e := range events {
			if _, known := event.Find(e); !known || !strings.Contains(readme, "`"+e+"`") {
				t.Errorf("%s: known %v, and in the README %v", e, known, strings.Contains(readme, e))
			}
		}
		seen := map[string]bool{}
		for _, s := range golden(t) {
			want := ""
			if slices.Contains(events, s.l.Event) {
				want, seen[s.l.Event] = s.l.SourceIP, true
			}
			if got := f.address(string(s.line)); got != want {
				t.Errorf("%s blames %q for %s, want %q", name, got, s.name, want)
			}
			six := strings.Replace(string(s.line), `"source_ip":"203.0.113.9"`, `"source_ip":"2001:db8:4::1f"`, 1)
			if got := f.address(six); want != "" && got != "2001:db8:4::1f" {
				t.Errorf("%s blames %q for %s over IPv6", name, got, s.name)
			}
		}
		if len(seen) != len(events) {
			t.Errorf("%s has golden lines of %v, want of %v", name, sortedKeys(seen), events)
		}
	}
}

// TestFail2banForgery: whatever a visitor sends, only their own address is
// blamed, and only for what they did.
func TestFail2banForgery(t *testing.T) {
	fake := strings.Replace(string(goldenLine(t, "authn_login_fail").line), "203.0.113.9", "198.51.100.1", 1)
	sent := append([]string{
		fake, "\n" + fake, "\r\n" + fake + "\n", `x","source_ip":"198.51.100.1","`, `x\","source_ip":"198.51.100.1","`, `x" 198.51.100.1`,
		`,"level":"WARNING","event":"authn_login_fail","outcome":"failure","reason":"","description":"","actor":"","subject":"","source_ip":"198.51.100.1",`,
	}, hostile...)
	maker := event.Maker{Node: "a1", Version: "1.0.0"}
	for _, text := range sent {
		o := event.Origin{SourceIP: "203.0.113.9", PeerIP: "10.0.0.2", UserAgent: text, Method: text, URI: text, RequestID: text, Session: text}
		for e, filterName := range map[event.Event]string{
			event.LoginFailed{Typed: text, Reason: "unknown_name"}: "coffer", event.Extraneous{Form: text}: "coffer-probe", event.LoggedOut{}: "",
		} {
			r, err := maker.Record(o, time.Unix(1_800_000_000, 0), e)
			if err != nil {
				t.Fatal(err)
			}
			line := string(r.Line(41, r.At))
			for name := range blamed {
				want := ""
				if name == filterName {
					want = "203.0.113.9"
				}
				for part := range strings.SplitSeq(line, "\n") {
					if got := readFilter(t, name).address(part); got != want {
						t.Errorf("%s blames %q, want %q, for\n%s", name, got, want, part)
					}
				}
			}
		}
	}
}

func TestJails(t *testing.T) {
	jails := ini(t, "jail.d/coffer.conf")
	for name := range blamed {
		if jails[name+".filter"] != name || !strings.HasSuffix(jails[name+".logpath"], "/security.log") || jails[name+".enabled"] != "true" {
			t.Errorf("jail %s = %v", name, jails)
		}
		if _, err := strconv.Atoi(jails[name+".maxretry"]); err != nil {
			t.Errorf("jail %s: %v", name, err)
		}
	}
}

// lineMembers are the names that stand in a line.
func lineMembers(t testing.TB) []string {
	t.Helper()
	return sortedKeys(decode(t, string(goldenLine(t, "authn_login_fail").line)))
}

// longest is what a receiver must take: a line and the header before it.
const longest = event.MaxLine + 4<<10

// vectorConfig is what of Vector's file the tests look at.
type vectorConfig struct {
	Sources map[string]struct {
		Type         string
		MaxLineBytes int `yaml:"max_line_bytes"`
		MaxLength    int `yaml:"max_length"`
	}
	Transforms map[string]vectorTransform
	Sinks      map[string]struct{ Inputs []string }
}

type vectorTransform struct {
	Type   string
	Inputs []string
	Source string
	Route  map[string]string
	Fields struct{ Match []string }
}

func TestVector(t *testing.T) {
	var config vectorConfig
	if err := yaml.Unmarshal([]byte(contrib(t, "vector/vector.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	made := append(sortedKeys(config.Sources), sortedKeys(config.Transforms)...)
	var asked []string
	for id, s := range config.Sources {
		if takes := max(s.MaxLength, s.MaxLineBytes); takes < longest {
			t.Errorf("source %s takes %d bytes, want %d", id, takes, longest)
		}
	}
	for id, tr := range config.Transforms {
		asked = append(asked, tr.Inputs...)
		for route := range tr.Route {
			made = append(made, id+"."+route)
		}
		checkNames(t, id, tr)
	}
	for _, s := range config.Sinks {
		asked = append(asked, s.Inputs...)
	}
	for _, id := range asked {
		if !slices.Contains(made, id) {
			t.Errorf("%s is an input, and nothing has this name", id)
		}
	}
}

var vectorField = regexp.MustCompile(`(?:^|[\s(])\.([a-z_]+)`)

// checkNames holds a transform to members that a line has.
func checkNames(t *testing.T, id string, tr vectorTransform) {
	t.Helper()
	names, code := append(lineMembers(t), "message", "line", "timestamp"), tr.Source
	for _, condition := range tr.Route {
		code += "\n" + condition
	}
	named := tr.Fields.Match
	for _, m := range vectorField.FindAllStringSubmatch(code, -1) {
		named = append(named, m[1])
	}
	if len(named) == 0 {
		t.Errorf("transform %s names nothing", id)
	}
	for _, name := range named {
		if !slices.Contains(names, name) {
			t.Errorf("transform %s names %s, which no line has", id, name)
		}
	}
}

func TestRsyslog(t *testing.T) {
	for _, name := range []string{"rsyslog/60-coffer-receive.conf", "rsyslog/60-coffer-file.conf"} {
		text := contrib(t, name)
		size := regexp.MustCompile(`global\(maxMessageSize="(\d+)k"\)`).FindStringSubmatch(text)
		if size == nil {
			t.Errorf("%s does not say how long a message may be", name)
			continue
		}
		if kib, _ := strconv.Atoi(size[1]); kib<<10 < longest || strings.Index(text, size[0]) > strings.Index(text, "module(") {
			t.Errorf("%s takes %d KiB, or says so too late", name, kib)
		}
		for _, m := range regexp.MustCompile(`\$!([a-z_]+)`).FindAllStringSubmatch(text, -1) {
			if !slices.Contains(lineMembers(t), m[1]) {
				t.Errorf("%s names $!%s, which no line has", name, m[1])
			}
		}
	}
	m := readSyslog(t, syslogOf(t, goldenLine(t, "authn_login_fail")))
	if receive := contrib(t, "rsyslog/60-coffer-receive.conf"); !strings.Contains(receive, `$app-name == "`+*m.Appname+`"`) {
		t.Errorf("the receiver does not look for %s", *m.Appname)
	}
	if forward := contrib(t, "rsyslog/60-coffer-file.conf"); !strings.Contains(forward, `constant(value="<`+strconv.Itoa(int(*m.Facility)*8+5)+`>1 ")`) {
		t.Errorf("the forwarder is not of facility %d", *m.Facility)
	}
}
