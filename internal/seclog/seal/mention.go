package seal

import (
	"encoding/binary"
	"maps"
	"slices"

	"coffer/internal/db"
	"coffer/internal/event"
)

// Block is how many lines enter the log's index at once. An index that every
// line entered by itself would touch a page for each of its names, and those
// pages were most of what a commit wrote. So the lines from the last multiple of
// Block on are in no index yet: whoever searches reads them too.
const Block = 1024

var (
	insertMention  = insertInto("mention", "name, block, lines", 3, 1)
	insertMentions = insertInto("mention", "name, block, lines", 3, chunk)
)

// names are what a line can be found by.
type names [6]string

// index holds the names of the lines that are in no index yet, from the last
// multiple of Block on: as this process sealed last, and as the running
// transaction would leave them. Only when that is committed do they change.
type index struct{ last, next unindexed }

type unindexed struct {
	to    uint64 // the number of the next line
	names []names
}

// grow adds the rows and writes every block that they fill, in the transaction
// that fills it: so the index never lacks a line that it should have.
func (x *index) grow(tx *db.Tx, head Head, rows []row) error {
	held := x.last.names // what an attempt adds lies behind its end
	if x.last.to != head.Size || uint64(len(held)) != head.Size%Block {
		var err error // another process sealed, or this one has just begun
		if held, err = readNames(tx, head.Size-head.Size%Block, head.Size); err != nil {
			return err
		}
	}
	for _, r := range rows {
		c := r.rec
		held = append(held, names{c.Subject, c.Actor, c.Target, c.SourceIP, c.Session, c.Event})
	}
	for block := head.Size / Block; len(held) >= Block; block++ {
		if err := writeBlock(tx, block, held[:Block]); err != nil {
			return err
		}
		held = held[Block:]
	}
	x.next = unindexed{head.Size + uint64(len(rows)), held}
	return nil
}

// keep is told that the transaction for which the index grew is committed.
func (x *index) keep() { x.last = x.next }

// readNames takes them from the lines; what is no line has none, and neither has
// what is pruned.
func readNames(tx *db.Tx, from, to uint64) ([]names, error) {
	rows, err := tx.Query(selectLeaves, from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	held := make([]names, to-from, to-from+Block)
	for rows.Next() {
		var seq uint64
		var line Text
		if err := rows.Scan(&seq, &line); err != nil {
			return nil, err
		}
		l, _ := event.Parse(line)
		held[seq-from] = namesOf(l)
	}
	return held, rows.Err()
}

func namesOf(l event.Line) names {
	return names{l.Subject, l.Actor, l.Target(), l.SourceIP, l.Session, l.Event}
}

// writeBlock writes the postings of a block in the order of the names: a page of
// the index is touched once.
func writeBlock(tx *db.Tx, block uint64, held []names) error {
	found := postings(held)
	sorted := slices.Sorted(maps.Keys(found))
	for len(sorted) > 0 {
		n, query := 1, insertMention
		if len(sorted) >= chunk {
			n, query = chunk, insertMentions
		}
		args := make([]any, 0, 3*chunk)
		for _, name := range sorted[:n] {
			args = append(args, name, block, found[name])
		}
		if _, err := tx.Exec(query, args...); err != nil {
			return err
		}
		sorted = sorted[n:]
	}
	return nil
}

// postings gives for each name of a block which of its lines mention it, as two
// bytes each.
func postings(held []names) map[string][]byte {
	found := map[string][]byte{}
	for i, line := range held {
		for j, name := range line {
			if name != "" && !slices.Contains(line[:j], name) {
				found[name] = binary.BigEndian.AppendUint16(found[name], uint16(i))
			}
		}
	}
	return found
}
