package query

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// idShape is what account ids look like. A name may look like one too, so what
// does is always taken for an id: nobody can sign up as another's id and be
// found in that other's place.
var idShape = regexp.MustCompile(`^u_[a-z2-7]{26}$`)

// resolve puts ids in the place of people's names.
func (r *Reader) resolve(ctx context.Context, words []Word) ([]Word, error) {
	out := slices.Clone(words)
	for i, w := range out {
		if w.Field != "actor" && w.Field != "subject" {
			continue
		}
		id, known, err := r.person(ctx, w.Value)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, &Error{At: w.At, Word: clip(w.String()), Want: "nobody has this name; give a username, an id (u_…) or system:NAME"}
		}
		out[i].Value = id
	}
	return out, nil
}

// person is the id behind a name; an id, the system and nobody stand for
// themselves, since who was erased has left an id behind.
func (r *Reader) person(ctx context.Context, name string) (id string, known bool, err error) {
	if name == "" || strings.HasPrefix(name, "system:") || idShape.MatchString(name) {
		return name, true, nil
	}
	err = r.db.QueryRow(ctx, selectNamed, strings.ToLower(name)).Scan(&id)
	switch {
	case err == nil:
		return id, true, nil
	case !errors.Is(err, sql.ErrNoRows):
		return "", false, unreadable(err)
	}
	return name, strings.HasPrefix(name, "u_"), nil
}

// maxNames bounds the names that Names remembers.
const maxNames = 10_000

// Names gives a function that knows the name of the person behind an id, for as
// long as there is one. It remembers, so make one for each use: a person can be
// erased.
func (r *Reader) Names(ctx context.Context) func(id string) string {
	var mu sync.Mutex
	seen := map[string]string{}
	return func(id string) string {
		if !strings.HasPrefix(id, "u_") {
			return ""
		}
		mu.Lock()
		defer mu.Unlock()
		if name, known := seen[id]; known {
			return name
		}
		var name string
		// Without its name an id is still an id: an error leaves it at that.
		_ = r.db.QueryRow(ctx, selectName, id).Scan(&name)
		if len(seen) >= maxNames {
			clear(seen)
		}
		seen[id] = name
		return name
	}
}
