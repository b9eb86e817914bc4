package main

import (
	"os"
	"sync"
)

// lines appends to a file and answers once the line is synced. Lines that come
// while a sync runs wait for the next one, and share it.
type lines struct {
	file    *os.File
	mu      sync.Mutex
	waiting []byte
	next    *synced
	wake    chan struct{}
}

// synced is one sync and its outcome.
type synced struct {
	done chan struct{}
	err  error
}

func openLines(name string) (*lines, error) {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	l := &lines{file: file, next: &synced{done: make(chan struct{})}, wake: make(chan struct{}, 1)}
	go l.run()
	return l, nil
}

func (l *lines) append(line []byte) error {
	l.mu.Lock()
	l.waiting = append(l.waiting, line...)
	mine := l.next
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default: // it is awake already
	}
	<-mine.done
	return mine.err
}

// run lives as long as its process.
func (l *lines) run() {
	for range l.wake {
		l.mu.Lock()
		batch, mine := l.waiting, l.next
		l.waiting, l.next = nil, &synced{done: make(chan struct{})}
		l.mu.Unlock()
		if _, mine.err = l.file.Write(batch); mine.err == nil {
			mine.err = datasync(l.file)
		}
		close(mine.done)
	}
}
