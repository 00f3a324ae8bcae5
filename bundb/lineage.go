package bundb

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// lineage knows which goroutines are inside a transaction's function at this
// moment.
//
// Inside such a function every call must carry the function's context. A call
// that carries the context from outside would, on SQLite, wait for the one
// writer connection that its own caller holds, which is for ever; on PostgreSQL
// it would quietly act outside the transaction. Contexts cannot tell: many
// goroutines share the outer one and may wait for their turn. The goroutine can:
// who is inside the function and calls with a context that lacks the transaction
// is waiting for itself. Go gives no name to goroutines on purpose, so the id is
// read from the head of a stack trace ("goroutine 7 [running]:"). It is asked for
// only when some transaction is open and the context carries none. If that text
// ever changed, the id would be 0, this check would be silent, and ConnWait
// would still end the wait.
type lineage struct {
	open   atomic.Int64 // transactions whose function is running
	mu     sync.Mutex
	inside map[uint64]int // goroutine → functions it is in
}

// enter notes that this goroutine runs a transaction's function; the function
// returned takes the note away.
func (l *lineage) enter() (leave func()) {
	id := goroutineID()
	if id == 0 {
		return func() {}
	}
	l.open.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inside == nil {
		l.inside = map[uint64]int{}
	}
	l.inside[id]++
	return func() {
		l.open.Add(-1)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.inside[id]--; l.inside[id] == 0 {
			delete(l.inside, id)
		}
	}
}

// here reports whether this goroutine is inside a transaction's function.
func (l *lineage) here() bool {
	if l.open.Load() == 0 {
		return false
	}
	id := goroutineID()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inside[id] > 0
}

// goroutineID returns the id of the calling goroutine, or 0 when the runtime
// does not say.
func goroutineID() uint64 {
	var buf [64]byte
	head, ok := bytes.CutPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	if !ok {
		return 0
	}
	digits, _, _ := bytes.Cut(head, []byte(" "))
	id, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
