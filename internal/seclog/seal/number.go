package seal

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"coffer/internal/event"
)

// CommitLength is how long a commit's id is: 128 random bits. It stands in each
// row, so it is written as short as a cookie can hold it.
const CommitLength = 22

// NewCommit makes a commit's id.
func NewCommit() string {
	var id [16]byte
	rand.Read(id[:])
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// row is a numbered line on its way into the event table.
type row struct {
	seq    uint64
	at     int64
	commit string
	rec    event.Record
	line   []byte
}

// number gives every record its seq and time and ends segments where they are
// due. It is pure: the same head and records give the same lines.
func (s *Sealer) number(head Head, staged []*Staged) ([]row, Head, error) {
	var rows []row
	for _, st := range staged {
		for i, rec := range st.Records {
			at := max(rec.At, head.At) // time in the log never runs backwards
			line := rec.Line(head.Size, at)
			if why := s.due(head, at, len(line)); why != "" {
				end, err := s.rotation(head, at, why)
				if err != nil {
					return nil, head, err
				}
				rows = append(rows, end)
				head.Size, head.At, head.Segment, head.Bytes, head.Day = end.seq+1, end.at, end.seq+1, 0, day(at)
				line = rec.Line(head.Size, at)
			}
			if i == 0 {
				st.First, st.Sealed = head.Size, true
			}
			st.Last = head.Size
			rows = append(rows, row{head.Size, at, st.Commit, rec, line})
			if head.Bytes == 0 {
				head.Day = day(at)
			}
			head.Size, head.At, head.Bytes = head.Size+1, at, head.Bytes+int64(len(line))+1
		}
	}
	return rows, head, nil
}

// due says why the active segment must end before a line of n bytes, if it must.
func (s *Sealer) due(head Head, at int64, n int) string {
	switch {
	case head.Bytes == 0:
		return ""
	case day(at) != head.Day:
		return "day"
	case head.Bytes+int64(n)+1 > s.segment:
		return "size"
	}
	return ""
}

// rotation is the line that ends a segment, its last one.
func (s *Sealer) rotation(head Head, at int64, why string) (row, error) {
	e := event.LogRotated{First: head.Segment, Last: head.Size, Bytes: head.Bytes, Reason: why}
	rec, err := s.maker.Record(event.Origin{Actor: "system:sealer"}, time.UnixMicro(at), e)
	if err != nil {
		return row{}, err
	}
	return row{head.Size, at, "", rec, rec.Line(head.Size, at)}, nil
}

func day(at int64) string { return time.UnixMicro(at).UTC().Format(time.DateOnly) }
