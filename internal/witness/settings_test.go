package witness_test

import (
	"errors"
	"strings"
	"testing"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"coffer/internal/apptest/notary"
	"coffer/internal/witness"
)

// TestKey holds which keys are taken, and that a slip in copying shows.
func TestKey(t *testing.T) {
	n := notary.New(t, "one.example/a", false)
	_, plain, err := note.GenerateKey(nil, "two.example/b")
	if err != nil {
		t.Fatal(err)
	}
	_, mldsa, err := cosignature.GenerateMLDSAKey("three.example/c")
	if err != nil {
		t.Fatal(err)
	}
	for _, vkey := range []string{n.VKey, plain, mldsa} {
		v, err := witness.Key(vkey)
		if err != nil || !strings.HasPrefix(vkey, v.Name()+"+") {
			t.Errorf("Key(%.40s) = %v, %v, want its name", vkey, v, err)
		}
	}
	name, rest, _ := strings.Cut(n.VKey, "+")
	id, key, _ := strings.Cut(rest, "+")
	for vkey, want := range map[string]string{
		"":                                "no verifier key",
		"one.example/a":                   "no verifier key",
		name + "+" + id + "+" + "???":     "no verifier key",
		name + "+" + id + "+":             "no verifier key",
		"one.example/A+" + id + "+" + key: "copied wrongly",
		name + "+00000000+" + key:         "copied wrongly",
		name + "+" + id + "+" + key[:8] + flipped(key[8]) + key[9:]:        "copied wrongly",
		"a.example+02eb3a9b+" + "AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA==": "",
	} {
		if _, err := witness.Key(vkey); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Key(%q) = %v, want an error that says %q", vkey, err, want)
		}
	}
}

func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// TestList holds how pairs may be separated, and what is told of wrong ones.
func TestList(t *testing.T) {
	a, b := notary.New(t, "one.example/a", false), notary.New(t, "two.example/b", false)
	for _, text := range []string{
		a.Pair() + "," + b.Pair(), a.Pair() + "\n" + b.Pair() + "\n", " " + a.Pair() + " ,\r\n\t" + b.VKey + "  " + b.URL + "/ ,,",
		a.Pair() + "," + b.Pair() + "," + a.Pair(),
	} {
		list, err := witness.ParseList(text)
		if err != nil || len(list) != 2 || list[0].Name != a.Name || list[0].URL != a.URL || list[1].URL != b.URL || len(list[0].Keys) != 1 {
			t.Errorf("ParseList(%q) = %+v, %v, want the two", text, list, err)
		}
	}
	if list, err := witness.ParseList(" \n,"); err != nil || len(list) != 0 {
		t.Errorf("ParseList(nothing) = %v, %v, want none", list, err)
	}
	for text, want := range map[string]string{
		a.VKey:                        "a verifier key and a URL",
		a.URL:                         "a verifier key and a URL",
		a.URL + " " + a.VKey:          "no verifier key",
		a.Pair() + " x":               "a verifier key and a URL",
		a.VKey + " ftp://one.example": "give an http:// or https:// URL",
		a.VKey + " one.example":       "give an http:// or https:// URL",
		a.VKey + " https://u:p@one":   "give an http:// or https:// URL",
		a.VKey + " https://one?x=1":   "give an http:// or https:// URL",
		a.Pair() + "," + a.VKey + " http://other.example": "twice",
	} {
		if _, err := witness.ParseList(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseList(%q) = %v, want an error that says %q", text, err, want)
		}
	}
	if _, err := witness.ParseList("PRIVATE+KEY+one.example/a+0011+AQID https://one.example"); !errors.Is(err, witness.ErrPrivate) || strings.Contains(err.Error(), "AQID") {
		t.Errorf("ParseList(a private key) = %v, want an error that does not repeat it", err)
	}
	for address, clear := range map[string]bool{
		"http://127.0.0.1:7380": false, "http://localhost:7380": false, "http://[::1]:7380": false,
		"http://10.0.0.3": true, "http://w.example": true, "https://w.example": false,
	} {
		if w := (witness.Witness{URL: address}); w.Clear() != clear || w.Receiver() != address {
			t.Errorf("%s: Clear() = %v, Receiver() = %q, want %v and the address", address, w.Clear(), w.Receiver(), clear)
		}
	}
}

// TestPolicy holds where addresses may stand, and that a quorum that nobody
// could reach is told at once.
func TestPolicy(t *testing.T) {
	a, b, c := notary.New(t, "one.example/a", false), notary.New(t, "two.example/b", false), notary.New(t, "three.example/c", false)
	three := "witness one " + a.VKey + " " + a.URL + "\nwitness two " + b.VKey + "\nwitness three " + c.VKey + "\n"
	list, err := witness.ParseList(b.Pair())
	if err != nil {
		t.Fatal(err)
	}
	s, err := witness.WithPolicy(list, three+"group most 2 one two three\nquorum most\n")
	if err != nil || len(s.Witnesses) != 2 || s.Policy == nil || s.Quorum != "most" || strings.Join(s.Mute, " ") != c.Name {
		t.Errorf("WithPolicy() = %+v, %v, want two who are asked and one who cannot be", s, err)
	}
	s, err = witness.WithPolicy(list, three+"quorum two\n")
	if err != nil || s.Quorum != "" || s.Policy == nil {
		t.Errorf("WithPolicy() = %+v, %v, want a single witness as the quorum, without a name of its own", s, err)
	}
	s, err = witness.WithPolicy(list, three+"quorum none\n")
	if err != nil || s.Policy != nil || len(s.Witnesses) != 2 {
		t.Errorf("WithPolicy() = %+v, %v, want no quorum", s, err)
	}
	for text, want := range map[string]string{
		three:                    "no line says what the quorum is",
		three + "quorum three\n": "the quorum cannot be reached",
		three + "group all all one two three\nquorum all\n":      "cannot be reached",
		"witness one " + b.VKey + " " + a.URL + "\nquorum one\n": "twice",
		"witness one " + a.VKey + " ftp://x\nquorum one\n":       "give an http:// or https:// URL",
	} {
		if _, err := witness.WithPolicy(list, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("WithPolicy(%q) = %v, want an error that says %q", text, err, want)
		}
	}
}

// TestRules holds that what is enough can be told to another process, without
// an address, and that it judges alike.
func TestRules(t *testing.T) {
	a, b := notary.New(t, "one.example/a", false), notary.New(t, "two.example/b", false)
	policy := "# ours\n" +
		"witness first " + a.VKey + " https://user-7.example/secret\n\twitness  second " + b.VKey + "\n\ngroup both all first second\nquorum "
	want := "witness first " + a.VKey + "\nwitness second " + b.VKey + "\ngroup both all first second\nquorum "
	list, err := witness.ParseList(b.Pair())
	if err != nil {
		t.Fatal(err)
	}
	for quorum, rules := range map[string]string{"both": want + "both\n", "first\n# end": want + "first\n", "none": ""} {
		text := policy + quorum
		s, err := witness.WithPolicy(list, text)
		if err != nil || s.Rules != rules {
			t.Errorf("the rules of %q are %q, %v; want %q", text, s.Rules, err, rules)
		}
		again, err := witness.ParseRules(s.Rules)
		if err != nil || (again.Policy == nil) != (s.Policy == nil) || len(again.Witnesses) != 0 {
			t.Errorf("ParseRules(%q) = %+v, %v, want the policy and nobody to ask", s.Rules, again, err)
		}
	}
	if _, err := witness.ParseRules("quorum nobody\n"); err == nil {
		t.Error("rules that are none were taken")
	}
}
