package deliver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"coffer/internal/seclog/seal"
	"coffer/internal/secret"
)

// webhook posts the lines as they stand in security.log, one a line, with the
// headers of the Standard Webhooks convention, so that its libraries verify.
type webhook struct {
	post
	key secret.Bytes
	now func() time.Time
	buf []byte
}

func (w *webhook) send(ctx context.Context, lines []seal.Line) error {
	w.buf = w.buf[:0]
	for _, l := range lines {
		w.buf = append(append(w.buf, l.Text...), '\n')
	}
	id := fmt.Sprintf("lines_%d_%d", lines[0].Seq, lines[len(lines)-1].Seq)
	at := strconv.FormatInt(w.now().Unix(), 10)
	h := http.Header{"Content-Type": {"application/x-ndjson"}, "Webhook-Id": {id}, "Webhook-Timestamp": {at}}
	if w.key.Len() > 0 {
		h.Set("Webhook-Signature", "v1,"+w.sign(id, at))
	}
	_, err := w.do(ctx, w.buf, h)
	if err == nil {
		w.took(lines)
	}
	return err
}

// sign is over id, time and body, so that none can be exchanged for another's.
func (w *webhook) sign(id, at string) string {
	mac := hmac.New(sha256.New, w.key.Reveal())
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(w.buf)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
