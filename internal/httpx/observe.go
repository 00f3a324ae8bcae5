package httpx

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// record is what is known of a request while it is answered.
type record struct {
	id     string
	route  string // the pattern of the mux; empty when none matched
	stream bool   // it is answered by a stream of events
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

// RequestID returns the id of the request that ctx belongs to; empty outside of
// Handler.
func RequestID(ctx context.Context) string {
	if r := recordOf(ctx); r != nil {
		return r.id
	}
	return ""
}

const (
	requestIDHeader = "X-Request-ID"
	longestID       = 64
)

// requestID takes the id that a proxy gave, if it is a plain word, or makes one.
func requestID(given string) string {
	if given == "" || len(given) > longestID {
		return rand.Text()
	}
	for _, r := range given {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return rand.Text()
		}
	}
	return given
}

// observe gives each request an id, answers panics, and tells log and metrics.
func observe(next http.Handler, o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		rec := &record{id: requestID(r.Header.Get(requestIDHeader))}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		out := &response{ResponseWriter: w}
		out.Header().Set(requestIDHeader, rec.id)
		done := o.Metrics.begin()
		aborted := true
		defer func() { //nolint:contextcheck // the request carries it
			status := out.status
			if status == 0 && !aborted {
				status = http.StatusOK
			}
			took := time.Since(started)
			done(r.Method, rec, status, took)
			level := slog.LevelInfo
			if status >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			o.Logger.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "route", rec.route,
				"status", status, "bytes", out.bytes, "took", took, "remote", r.RemoteAddr, "request_id", rec.id)
		}()
		aborted = guard(next, out, r, o.Logger) //nolint:contextcheck // the request carries it
		if aborted {
			// The answer has begun: only a broken connection tells the client.
			panic(http.ErrAbortHandler)
		}
	})
}

// guard runs a handler and answers its panic by a problem. It reports a panic
// after the answer has begun, when that is too late.
func guard(next http.Handler, w *response, r *http.Request, logger *slog.Logger) (tooLate bool) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			logger.ErrorContext(r.Context(), "a handler panicked", "panic", fmt.Sprint(p), "path", r.URL.Path,
				"request_id", RequestID(r.Context()), "stack", string(debug.Stack()))
		}
		if w.status != 0 {
			tooLate = true
			return
		}
		for name := range w.Header() {
			if !strings.EqualFold(name, requestIDHeader) {
				w.Header().Del(name)
			}
		}
		secure(w.Header())
		NewProblem(http.StatusInternalServerError, CodeInternal, "something went wrong on our side").Write(w, r)
	}()
	next.ServeHTTP(w, r)
	return false
}

// response notes the status and the length of an answer.
type response struct {
	http.ResponseWriter

	status int
	bytes  int64
}

// Unwrap lets http.ResponseController reach what the server's own writer can do.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}
