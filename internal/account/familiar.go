package account

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"coffer/internal/secret"
)

// DeviceAge is how long a browser is known after a person last came in with it.
const DeviceAge = 365 * 24 * time.Hour

// A device's cookie is a random id and, behind dots, one mark for each account
// that was signed in to there: the day, a hyphen, and a keyed hash of id, day
// and account. So it names nobody, is worth nothing for an account that never
// came in there, and can be neither made nor moved to another id without the key.
const (
	idBytes   = 16
	markBytes = 16
	// maxMarks bounds the cookie; the account that came in last stands first.
	maxMarks = 8
)

// device is what a cookie says, before anything of it is believed.
type device struct {
	id    string
	marks []mark
}

type mark struct {
	day  int
	hash []byte
}

// readDevice takes a cookie apart. One that is not of this form is no device.
func readDevice(cookie secret.Text) (d device) {
	parts := strings.Split(cookie.Reveal(), ".")
	id, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	if err != nil || len(id) != idBytes || len(parts) > 1+maxMarks {
		return device{}
	}
	for _, p := range parts[1:] {
		day, text, _ := strings.Cut(p, "-")
		n, err := strconv.Atoi(day)
		hash, bad := base64.RawURLEncoding.Strict().DecodeString(text)
		if err != nil || bad != nil || n < 0 || len(hash) != markBytes || strconv.Itoa(n) != day {
			return device{}
		}
		d.marks = append(d.marks, mark{n, hash})
	}
	d.id = parts[0]
	return d
}

// text is the cookie.
func (d device) text() string {
	var b strings.Builder
	b.WriteString(d.id)
	for _, m := range d.marks {
		b.WriteString("." + strconv.Itoa(m.day) + "-" + base64.RawURLEncoding.EncodeToString(m.hash))
	}
	return b.String()
}

// day counts days, so that a cookie tells no hour.
func day(t time.Time) int { return int(t.Unix() / (24 * 60 * 60)) }

// young reports that a mark of that day still counts.
func (s *Service) young(d int) (young bool) {
	now := day(s.Now())
	return d <= now && d > now-int(DeviceAge/(24*time.Hour))
}

func (s *Service) marked(id, account string, day int) []byte {
	data := binary.BigEndian.AppendUint64([]byte(id+"\x00"), uint64(day))
	return s.MAC("device-cookie", append(data, account...))[:markBytes]
}

// familiar reports that the account was signed in to on that device. Every mark
// is looked at, whoever the account is, so that time tells nothing.
func (s *Service) familiar(d device, account string) (known bool) {
	for _, m := range d.marks {
		if hmac.Equal(m.hash, s.marked(d.id, account, m.day)) && s.young(m.day) && account != "" {
			known = true
		}
	}
	return known
}

// Device gives the cookie of a browser in which the account was just signed in
// to: what it held of others, as far as that may still count, and the account.
func (s *Service) Device(before secret.Text, account string) secret.Text {
	old := readDevice(before)
	d := device{id: old.id}
	if d.id == "" {
		d.id = base64.RawURLEncoding.EncodeToString(random(idBytes))
	}
	today := day(s.Now())
	d.marks = []mark{{today, s.marked(d.id, account, today)}}
	for _, m := range old.marks {
		if mine := hmac.Equal(m.hash, s.marked(d.id, account, m.day)); !mine && s.young(m.day) && len(d.marks) < maxMarks {
			d.marks = append(d.marks, m)
		}
	}
	return secret.New(d.text())
}
