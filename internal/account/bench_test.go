package account_test

import (
	"fmt"
	"sync"
	"testing"

	"coffer/internal/account"
	"coffer/internal/apptest"
	"coffer/internal/db"
	"coffer/internal/event"
	"coffer/internal/factor"
	"coffer/internal/limit"
	"coffer/internal/secret"
)

// BenchmarkLogIn64 is 64 people signing in without a pause, hash, session and
// sealed events included; factor's BenchmarkBare is what it is measured against.
func BenchmarkLogIn64(b *testing.B) {
	log := apptest.OpenLog(b, apptest.Migrated(b, db.SQLite))
	hasher, err := factor.NewHasher(factor.Default)
	if err != nil {
		b.Fatal(err)
	}
	table, err := limit.Parse("login=off,signup=off")
	if err != nil {
		b.Fatal(err)
	}
	people := account.New(account.Config{Log: log.Log, Read: log.Read, Hasher: hasher, Limits: limit.New(table), MAC: mac, Factors: keys(b), Passkeys: relyingParty(b)})
	ctx := event.With(b.Context(), event.Origin{SourceIP: "192.0.2.1"})
	for i := range 64 {
		if _, err := people.SignUp(ctx, fmt.Sprint("person", i), secret.New(canary)); err != nil {
			b.Fatal(err)
		}
	}
	turns := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range turns {
				if _, err := people.LogIn(ctx, fmt.Sprint("person", i), secret.New(canary), secret.Text{}, "/"); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ResetTimer()
	for range b.N {
		turns <- struct{}{}
	}
	close(turns)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logins/s")
}
