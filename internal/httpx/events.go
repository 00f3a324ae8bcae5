package httpx

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	// keepAlive is how often a silent stream says that it lives, so that proxies
	// keep it open.
	keepAlive = 15 * time.Second
	// writeWithin bounds one write to a client that does not read.
	writeWithin = 10 * time.Second
)

// Events is a stream of server-sent events under way. Its methods are safe for
// concurrent use.
type Events struct {
	mu      sync.Mutex
	writer  http.ResponseWriter
	control *http.ResponseController
}

// Stream answers by server-sent events: it calls write with a context that ends
// when the client is gone or the server drains, and ends the answer when write
// returns. The server's time limits do not apply; each single write is bounded.
func Stream(ctx huma.Context, write func(context.Context, *Events)) {
	r, w := humago.Unwrap(ctx)
	if rec := recordOf(r.Context()); rec != nil {
		rec.stream = true
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // where there is none, there is none to lift
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy must not hold events back
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}

	running, cancel := context.WithCancel(r.Context())
	e := &Events{writer: w, control: control}
	var beats sync.WaitGroup
	beats.Go(func() {
		tick := time.NewTicker(keepAlive)
		defer tick.Stop()
		for {
			select {
			case <-running.Done():
				return
			case <-Draining(running):
				cancel()
				return
			case <-tick.C:
				if e.send([]byte(": keep-alive\n\n")) != nil {
					cancel()
					return
				}
			}
		}
	})
	defer beats.Wait()
	defer cancel()
	write(running, e)
}

// Send sends one event with a body of JSON, at once. An error means that the
// client is gone.
func (e *Events) Send(name string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	// JSON has no line ends of its own, so one data line holds it.
	return e.send([]byte("event: " + name + "\ndata: " + string(raw) + "\n\n"))
}

func (e *Events) send(text []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.control.SetWriteDeadline(time.Now().Add(writeWithin)) // a recorder in a test has none
	if _, err := e.writer.Write(text); err != nil {
		return err
	}
	return e.control.Flush()
}
