package web

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// waiting are the connections of a server that have no request under way: new
// ones whose header is not whole yet, and idle ones.
type waiting struct {
	mu    sync.Mutex
	most  int
	held  map[net.Conn]bool // all connections, but for those that were ended
	order *list.List        // the one that waits for longest first
	at    map[net.Conn]*list.Element
}

// Bound has srv hold no more than this many connections. One more ends the one
// that has been without a request for longest, so that whoever opens thousands
// and says nothing on them, or says it slowly, ends their own and holds nobody
// out; where each has a request under way, the new one is ended. Call it after
// Cork and before Serve.
func Bound(srv *http.Server, most int) {
	w := &waiting{most: most, held: map[net.Conn]bool{}, order: list.New(), at: map[net.Conn]*list.Element{}}
	before := srv.ConnState
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if before != nil {
			before(c, state)
		}
		if ended := w.move(c, state); ended != nil {
			_ = beneath(ended).Close() // no farewell: that could wait for who does not read
		}
	}
}

// move notes a connection's new state and gives one that is to be ended, if any.
func (w *waiting) move(c net.Conn, state http.ConnState) (ended net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e, ok := w.at[c]; ok {
		w.order.Remove(e)
		delete(w.at, c)
	}
	switch state {
	case http.StateNew:
		w.held[c] = true
		w.at[c] = w.order.PushBack(c)
		if len(w.held) > w.most {
			ended = w.longest()
		}
	case http.StateIdle:
		if w.held[c] {
			w.at[c] = w.order.PushBack(c)
		}
	case http.StateClosed, http.StateHijacked:
		delete(w.held, c)
	case http.StateActive:
	}
	return ended
}

// longest takes the connection that waits for longest off the list: at worst
// the new one.
func (w *waiting) longest() net.Conn {
	c, ok := w.order.Remove(w.order.Front()).(net.Conn)
	if !ok {
		return nil // the list holds nothing else
	}
	delete(w.at, c)
	delete(w.held, c)
	return c
}
