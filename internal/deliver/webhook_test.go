package deliver_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/deliver"
	"coffer/internal/secret"
)

// TestSign is the example of the Standard Webhooks specification's libraries.
func TestSign(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := deliver.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("Sign() = %s, want %s", got, want)
	}
}

// TestSigned verifies as docs/deliveries.md says a receiver should.
func TestSigned(t *testing.T) {
	const key = "a-canary-that-signs-1234"
	operator := told(t)
	l := openLog(t, apptest.Migrated(t, db.SQLite))
	h := newHook(t, func(_ int, w http.ResponseWriter, r *http.Request, body []byte) bool {
		id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(id + "." + at + "." + string(body)))
		if got, want := r.Header.Get("webhook-signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != want {
			t.Errorf("webhook-signature = %s, want %s", got, want)
		}
		if sent, err := strconv.ParseInt(at, 10, 64); err != nil || time.Since(time.Unix(sent, 0)).Abs() > time.Minute {
			t.Errorf("webhook-timestamp = %s, %v, want now", at, err)
		}
		if id != "lines_0_2" || r.Header.Values("Idempotency-Key") != nil {
			t.Errorf("webhook-id = %s and Idempotency-Key %q, want the lines' numbers and none", id, r.Header.Values("Idempotency-Key"))
		}
		return true
	})
	put(t, l, 3)
	d := start(t, l, must(t)(deliver.Webhook(h.URL, secret.NewBytes([]byte(key)), nil)))
	h.upTo(t, 3)
	d.end(t)
	if strings.Contains(operator.String(), key) {
		t.Error("the operator is told the key")
	}
}
