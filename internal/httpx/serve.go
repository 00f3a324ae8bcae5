package httpx

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServeOptions are the limits of a server. The zero value works.
type ServeOptions struct {
	// Logger gets what goes wrong with connections; nil is silent.
	Logger *slog.Logger
	// Timeout bounds reading a request and, apart, writing its answer; 0 is 30
	// seconds. Streams of events are bounded by write.
	Timeout time.Duration
	// Drain bounds how long requests under way may take once the server is told to
	// stop; 0 is 10 seconds.
	Drain time.Duration
}

const (
	headerWithin = 5 * time.Second
	idleWithin   = 2 * time.Minute
	maxHeader    = 64 << 10
)

type drainKey struct{}

// Draining returns a channel that is closed when the server of a request was told
// to stop; nil, which never is, outside of Serve.
func Draining(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(drainKey{}).(chan struct{})
	return c
}

// Serve answers requests on l until ctx ends. Then it ends streams, lets requests
// under way finish, and returns nil; what is not done after Drain is cut off and
// an error. It closes l.
func Serve(ctx context.Context, l net.Listener, h http.Handler, o ServeOptions) error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Drain == 0 {
		o.Drain = 10 * time.Second
	}
	drain := make(chan struct{})
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: min(headerWithin, o.Timeout),
		ReadTimeout:       o.Timeout,
		WriteTimeout:      2 * o.Timeout, // counts from the end of the header
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context {
			// Not ctx itself: requests under way outlive it.
			return context.WithValue(context.WithoutCancel(ctx), drainKey{}, drain)
		},
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	close(drain)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Drain)
	defer cancel()
	err := server.Shutdown(stopping)
	if err != nil {
		err = errors.Join(errors.New("requests were cut off"), err, server.Close())
	}
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
