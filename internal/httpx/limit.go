package httpx

import (
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// DefaultMaxBody is the most bytes of a body, unless Options says otherwise.
const DefaultMaxBody = 1 << 20

// inner is huma.Context by a name that its own method does not take.
type inner = huma.Context

// limited is a huma.Context whose answer to a body that cannot be read says why:
// huma itself calls all of it an internal error.
type limited struct {
	inner

	status int // what the body's reader found wrong; 0 is nothing
}

func limit(ctx huma.Context, next func(huma.Context)) { next(&limited{inner: ctx}) }

// Unwrap returns the context underneath, for huma's adapter.
func (c *limited) Unwrap() huma.Context { return c.inner }

// SetStatus replaces huma's status by the reason why the body was not read.
func (c *limited) SetStatus(status int) {
	if c.status != 0 {
		status = c.status
	}
	c.inner.SetStatus(status)
}

// BodyReader notes why reading ends.
func (c *limited) BodyReader() io.Reader {
	body := c.inner.BodyReader()
	if body == nil {
		return nil
	}
	return &notingReader{body, c}
}

type notingReader struct {
	io.Reader

	context *limited
}

func (r *notingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.context.status = http.StatusBadRequest
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			r.context.status = http.StatusRequestEntityTooLarge
		} else if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			r.context.status = http.StatusRequestTimeout
		}
	}
	return n, err
}
