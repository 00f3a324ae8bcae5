package httpx

import (
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
)

// Options are the layers around a mux. The zero value works.
type Options struct {
	// Logger gets a line for each request, and panics; nil is silent.
	Logger *slog.Logger
	// Metrics counts requests; nil counts nothing.
	Metrics *Metrics
	// MaxBody is the most bytes of a body; 0 is DefaultMaxBody.
	MaxBody int64
	// Hosts are the names that requests may be for, without a port: "localhost",
	// "127.0.0.1", "api.example.com". Empty takes any. A server without sign-in
	// needs it: otherwise a site whose name was pointed at this address speaks to
	// it as if it were its own.
	Hosts []string
	// CrossOrigin decides which requests of other sites' pages may change things;
	// nil lets none. Handler sets how it answers.
	CrossOrigin *http.CrossOriginProtection
}

// Handler returns the mux with its layers, from the outside: id, log, metrics and
// panics; hosts; headers; requests of other sites; the limit of bodies; and
// problems where the mux finds no route.
func Handler(mux *http.ServeMux, o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	protection := o.CrossOrigin
	if protection == nil {
		protection = http.NewCrossOriginProtection()
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		NewProblem(http.StatusForbidden, CodeCrossOrigin, "the request comes from a page of another site").Write(w, r)
	}))
	h := route(mux)
	h = limitBody(h, o.MaxBody)
	h = protection.Handler(h)
	h = secureHeaders(h)
	if len(o.Hosts) > 0 {
		h = checkHost(h, o.Hosts)
	}
	return observe(h, o)
}

// route serves the mux, and a problem where it has no route.
func route(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if rec := recordOf(r.Context()); rec != nil {
			rec.route = pattern
		}
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		// The mux knows whether it is the path or the method that is wrong, and
		// which methods would be right.
		probe := probe{header: http.Header{}}
		h.ServeHTTP(&probe, r)
		if probe.status != http.StatusMethodNotAllowed {
			NewProblem(http.StatusNotFound, CodeNotFound, "there is nothing at this address").Write(w, r)
			return
		}
		allow := probe.header.Get("Allow")
		w.Header().Set("Allow", allow)
		NewProblem(http.StatusMethodNotAllowed, CodeMethodNotAllowed, "the method must be one of "+allow).Write(w, r)
	})
}

// probe takes an answer without sending it.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header { return p.header }

func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

func (p *probe) WriteHeader(status int) { p.status = status }

// limitBody answers a body that is too large before it is read where its length
// is told, and otherwise makes the reader fail.
func limitBody(next http.Handler, most int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > most {
			w.Header().Set("Connection", "close") // the rest of the body is not read
			NewProblem(http.StatusRequestEntityTooLarge, CodeTooLarge, tooLarge).Write(w, r)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, most)
		}
		next.ServeHTTP(w, r)
	})
}

// secureHeaders sets what every answer has; a page loosens its own policy.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		next.ServeHTTP(w, r)
	})
}

func secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

func checkHost(next http.Handler, hosts []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.ToLower(strings.Trim(host, "[]"))
		if !slices.Contains(hosts, host) {
			NewProblem(http.StatusMisdirectedRequest, CodeWrongHost, "this server does not answer to that host name").Write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
