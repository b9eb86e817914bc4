package card

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"coffer/internal/secret"
	"coffer/internal/vault"
)

func TestKeyringIsBounded(t *testing.T) {
	var r keyring
	often := &vault.DataKey{}
	r.put("often", often)
	for i := range 5 * ringSize {
		r.put(fmt.Sprint(i), &vault.DataKey{})
		if r.get("often") != often {
			t.Fatalf("a key that is asked for is gone after %d others", i)
		}
	}
	if n := len(r.young) + len(r.old); n > 2*ringSize {
		t.Errorf("the keyring holds %d keys, want at most %d", n, 2*ringSize)
	}
	if r.get("0") != nil {
		t.Error("a key that nobody asked for is still there")
	}
	r.forget("often")
	if r.get("often") != nil {
		t.Error("a forgotten key is still there")
	}
}

func TestNumberDoesNotPrint(t *testing.T) {
	n, _, _, _ := Parse(secret.New("4242424242424242"))
	d := Draft{Number: n.Text}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, v := range []any{n, &n, d, &d, []Number{n}} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "4242") || strings.Contains(got, "34323432") {
				t.Errorf("Sprintf(%s, %T) = %s", verb, v, got)
			}
		}
	}
	if got, err := json.Marshal([]any{n, d}); err != nil || strings.Contains(string(got), "4242") {
		t.Errorf("json.Marshal = %s, %v", got, err)
	}
	for digits, want := range map[int]string{4: "4242", 2: "42", 0: "", -1: "", 16: "4242"} {
		if got := n.Last(digits); got != want {
			t.Errorf("Last(%d) = %q, want %q: never more than four", digits, got, want)
		}
	}
	if got := (Number{}).Last(4); got != "" {
		t.Errorf("Last(4) of no number = %q, want none", got)
	}
}
