package httpx

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Check is one thing that a server needs to work, for example its database.
type Check struct {
	Name string
	// Ready returns nil, or why it does not answer. It must heed its context.
	Ready func(context.Context) error
}

// readyWithin bounds all checks together.
const readyWithin = 2 * time.Second

// Health adds GET /healthz, which answers while the process lives, and GET
// /readyz, which answers 200 while every check passes and the server does not
// drain, and 503 otherwise. Why a check fails is for the log, not for the answer.
func Health(mux *http.ServeMux, logger *slog.Logger, checks ...Check) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeStatus(w) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		problem := NewProblem(http.StatusServiceUnavailable, CodeNotReady, "not ready")
		select {
		case <-Draining(r.Context()):
			problem.Detail = "the server is stopping"
			problem.Write(w, r)
			return
		default:
		}
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		for _, c := range checks {
			if err := c.Ready(ctx); err != nil {
				logger.WarnContext(ctx, "not ready", "check", c.Name, "error", err)
				problem.Errors = append(problem.Errors, Fault{Location: c.Name, Message: "does not answer", Code: CodeNotReady})
			}
		}
		if len(problem.Errors) > 0 {
			problem.Write(w, r)
			return
		}
		writeStatus(w)
	})
}

func writeStatus(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n")) // the client may be gone
}
