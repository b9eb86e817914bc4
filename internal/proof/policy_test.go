package proof_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"coffer/internal/apptest/forge"
	"coffer/internal/proof"
)

// witnessKey is a vkey of a witness, of type 4, and its signer.
func witnessKey(t testing.TB, name string) (vkey string, s note.Signer) {
	t.Helper()
	seed := forge.Key(name).Seed()
	signer, err := cosignature.NewSignerForCosignatureV1("PRIVATE+KEY+" + name + "+00000000+" + base64.StdEncoding.EncodeToString(append([]byte{4}, seed...)))
	if err != nil {
		t.Fatal(err)
	}
	plain := forge.PublicKey(name, name)
	if vkey, err = cosignature.VKeyToCosignatureV1(plain); err != nil {
		t.Fatal(err)
	}
	return vkey, signer
}

// TestPolicyGrammar goes through what c2sp.org/tlog-policy allows and forbids.
func TestPolicyGrammar(t *testing.T) {
	a, _ := witnessKey(t, "witness.example/a")
	b, _ := witnessKey(t, "witness.example/b")
	c, _ := witnessKey(t, "witness.example/c")
	log := forge.PublicKey(forge.Origin, "log")
	three := "witness A " + a + "\nwitness B " + b + " https://b.example/\n\twitness  C\t" + c + "\n"
	for text, fault := range map[string]string{
		"quorum none": "",
		"# a comment\n\n  \t\nlog " + log + "\nlog " + forge.PublicKey(forge.Origin, "other") + " https://log.example/\nquorum none\n": "",
		three + "group g 2 A B C\nquorum g\n":                              "",
		three + "group x all A B\ngroup y any x C\nquorum y":               "",
		three + "quorum A":                                                 "",
		"":                                                                 "no line says what the quorum is",
		"quorum none\nquorum none":                                         "second quorum",
		"quorum later\nwitness later " + a:                                 "no witness or group",
		"group g any A\nwitness A " + a + "\nquorum g":                     "unknown or used",
		three + "group g any\nquorum g":                                    "too few",
		three + "group g 0 A\nquorum g":                                    "no quorum",
		three + "group g 3 A B\nquorum g":                                  "no quorum",
		three + "group g -1 A B\nquorum g":                                 "no quorum",
		three + "group g any A A\nquorum g":                                "used before",
		three + "group g any A\ngroup h any A\nquorum h":                   "used before",
		three + "group A any B\nquorum A":                                  "taken",
		three + "witness D " + a + "\nquorum D":                            "another line has",
		"witness none " + a + "\nquorum none":                              "taken",
		"log " + log + "\nlog " + log + "\nquorum none":                    "another line has",
		"log " + strings.Replace(log, "A", "B", 1) + "\nquorum none":       "not a public key",
		"witness A nonsense\nquorum A":                                     "key of witness",
		"Quorum none":                                                      "no word of a policy",
		"quorum\vnone":                                                     "control character",
		"quorum none\r\n":                                                  "control character",
		"quorum none # trailing text is not a comment, but too many words": "too many",
	} {
		_, err := proof.ParsePolicy(text)
		if (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("ParsePolicy(%q) = %v, want %q", text, err, fault)
		}
	}
}

// TestQuorum counts cosignatures of both kinds, Ed25519 and ML-DSA-44.
func TestQuorum(t *testing.T) {
	l := forge.Make(forge.Plan{Lines: 100, End: time.Now()})
	skey, modern, err := cosignature.GenerateMLDSAKey("witness.example/modern")
	if err != nil {
		t.Fatal(err)
	}
	modernSigner, err := cosignature.NewMLDSASigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	old, oldSigner := witnessKey(t, "witness.example/old")
	mute, _ := witnessKey(t, "witness.example/mute")
	logSigner, err := proof.NewSigner(forge.Origin, forge.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := proof.Peek(l.Head)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := proof.Sign(c, logSigner, oldSigner, modernSigner)
	if err != nil {
		t.Fatal(err)
	}
	names := "log " + forge.PublicKey(forge.Origin, "log") + "\nwitness old " + old + "\nwitness modern " + modern + "\nwitness mute " + mute + "\n"
	for quorum, met := range map[string]bool{
		"quorum old": true, "quorum modern": true, "quorum mute": false,
		"group g all old modern\nquorum g": true, "group g all old mute\nquorum g": false,
		"group g 2 old modern mute\nquorum g": true, "group g 3 old modern mute\nquorum g": false,
		"group in all old modern\ngroup out any in mute\nquorum out": true,
		"group in all old mute\ngroup out all in modern\nquorum out": false,
	} {
		p, err := proof.ParsePolicy(names + quorum)
		if err != nil {
			t.Fatal(err)
		}
		r := judged(l, proof.Case{Policy: p, Own: &proof.Signed{Name: "checkpoint", Note: signed}, Require: proof.Require{Witnessed: true}})
		if w := r.Witnesses; w.Met != met || w.Have != 2 || w.Of != 3 || (r.Exit == 0) != met {
			t.Errorf("%s: met %v (%d of %d), exit %d; want %v, 2 of 3", quorum, w.Met, w.Have, w.Of, r.Exit, met)
		}
	}
}

// TestFalseCosignature tells of a witness's name under which somebody else
// signed.
func TestFalseCosignature(t *testing.T) {
	l := forge.Make(forge.Plan{Lines: 100, End: time.Now()})
	vkey, _ := witnessKey(t, "witness.example/a")
	p, err := proof.ParsePolicy("log " + forge.PublicKey(forge.Origin, "log") + "\nwitness a " + vkey + "\nquorum a")
	if err != nil {
		t.Fatal(err)
	}
	line := forge.Cosign([]byte("coffer.invalid/other\n1\n\n\n"), "witness.example/a", "witness.example/a", time.Now())
	r := judged(l, proof.Case{Policy: p, Own: &proof.Signed{Name: "checkpoint", Note: append(l.Head, line...)}})
	if r.Witnesses.Met || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "bears the name of witness witness.example/a, and not its signature") {
		t.Errorf("a false cosignature: met %v, notes %q", r.Witnesses.Met, r.Notes)
	}
}

// TestKeys reads public keys as log.pub holds them.
func TestKeys(t *testing.T) {
	pub := forge.PublicKey(forge.Origin, "log")
	keys, err := proof.ParseKeys("# of the first epoch\n"+pub+"\n\n  "+forge.PublicKey(forge.OtherOrigin, "other")+"\r\n", true)
	if err != nil || len(keys) != 2 || keys[0].Name() != forge.Origin || keys[1].Name() != forge.OtherOrigin || !keys[1].Elsewhere {
		t.Errorf("ParseKeys() = %+v, %v", keys, err)
	}
	bare := base64.StdEncoding.EncodeToString(forge.Key("log").Public().(ed25519.PublicKey))
	for _, text := range []string{"", "# nothing", bare, pub + " more", strings.Replace(pub, "+", "-", 1)} {
		if _, err := proof.ParseKeys(text, true); err == nil {
			t.Errorf("ParseKeys(%q) took it", text)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	a, _ := witnessKey(f, "witness.example/a")
	f.Add("witness A " + a + "\ngroup g any A\nquorum g\n")
	f.Add("log " + forge.PublicKey(forge.Origin, "log") + "\nquorum none")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := proof.ParsePolicy(text); err == nil && p.Reached(func(note.Verifier) bool { return false }) && p.HasQuorum() {
			t.Errorf("a quorum of nobody: %q", text)
		}
	})
}
