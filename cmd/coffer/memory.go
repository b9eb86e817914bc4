package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// tuning is how much garbage there may be, in percent of what is in use, and
// about how much memory in all.
type tuning struct {
	garbage int
	limit   int64
}

// A password hash takes 19 MiB and is garbage at once. The heap of everyday
// requests is small, and collecting it whenever it doubles costs a quarter of the
// processor under load; so does collecting after every hash. While passwords are
// hashed, collecting is left to memory, which knows when it yields most, and the
// limit is there for what else happens meanwhile.
var (
	everyday = tuning{400, 80 << 20}
	hashing  = tuning{-1, 32<<20 + int64(mostHeld)*19<<20}
	amid     = tuning{-1, 27<<20 + int64(mostAmid)*19<<20}
)

var processors = runtime.GOMAXPROCS(0)

// tune sets how garbage is collected from now on, as far as the operator does not.
func tune(t tuning) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(t.limit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(t.garbage)
	}
}

// memory sees to it that hashes find memory, and leave it again.
type memory struct {
	mu     sync.Mutex
	ended  time.Time // when the last hash was done
	at     int       // hashes that are being made
	held   int       // those, and the ones whose memory is not collected yet
	cycles uint64    // how often garbage was collected
	amid   bool      // others are at work, or were lately
	others time.Time // when others were last seen at work
}

// mostHeld is a hash for each processor, and garbage of half as many, two at least.
// Amid requests, half of the processors hash, and what the requests leave as
// garbage wants room of its own: mostAmid is those, and garbage of two.
var (
	mostHeld = processors + max(2, processors/2)
	mostAmid = max(1, processors/2) + 2
)

// lately is for how long others count as being at work once none was seen. Between
// two of their requests there is often none, and a limit that is lifted in each
// such moment lets their garbage grow beside that of hashes.
const lately = 2 * time.Second

// afresh is after how much rest a hash finds the heap as everyday requests left
// it: in pieces, of which none is as long as it needs.
const afresh = 5 * time.Second

// hashing is told of the first hash that is asked for, and of the end of the last.
func (m *memory) hashing(begun bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !begun {
		tune(everyday)
		m.ended = time.Now()
		return
	}
	m.amid = false
	if tune(hashing); time.Since(m.ended) > afresh {
		debug.FreeOSMemory()
	}
}

// room is asked for before each hash. Once too many are held it collects them:
// before the next one takes its memory rather than after, so that each collection
// frees one more.
func (m *memory) room(others bool) (leave func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := m.share(others)
	if now := cycles(); now != m.cycles {
		m.cycles, m.held = now, min(m.held, processors+1) // that many it may have found in use
	}
	if m.held >= most && os.Getenv("GOGC") == "" {
		runtime.GC()
		m.cycles, m.held = cycles(), m.at
	}
	m.at++
	m.held++
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.at--
	}
}

// share tunes to whether others are at work, and gives how many hashes may be held.
func (m *memory) share(others bool) (most int) {
	if others {
		m.others = time.Now()
	}
	if now := others || time.Since(m.others) < lately; now != m.amid {
		m.amid = now
		if tune(map[bool]tuning{true: amid, false: hashing}[now]); !now {
			debug.FreeOSMemory() // the heap is in pieces, as afresh says
		}
	}
	if m.amid {
		return mostAmid
	}
	return mostHeld
}

// cycles is how often garbage was collected.
func cycles() uint64 {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
