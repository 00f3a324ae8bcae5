package httpx

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel"
)

// ProblemType is the media type of every answer that is an error.
const ProblemType = "application/problem+json"

// Problem is the body of every answer that is an error: RFC 9457 with a code.
type Problem struct { //nolint:errname // the RFC's word
	Type   string `json:"type" doc:"Always about:blank: the code says which problem it is." example:"about:blank"`
	Title  string `json:"title" doc:"The status in words." example:"Unprocessable Entity"`
	Status int    `json:"status" doc:"The HTTP status." example:"422"`
	Detail string `json:"detail,omitempty" doc:"What was wrong and what would be right, for people." example:"cash: must be above zero"`
	Code   string `json:"code" doc:"Names the problem for ever; programs and translations key on it." example:"invalid"`
	// Errors lists every fault of the input.
	Errors []Fault `json:"errors,omitempty" nullable:"false" doc:"Every fault of the input, in order."`
	// RequestID is in the log, too.
	RequestID string `json:"request_id,omitempty" doc:"Names the request in the server's log."`
}

// Fault is one fault of the input.
type Fault struct {
	Location string `json:"location,omitempty" doc:"The part of the request and the path in it." example:"body.params.fast"`
	Message  string `json:"message" doc:"What was wrong and what would be right." example:"must be between 1 and 10000, got 0"`
	Code     string `json:"code" doc:"Names the fault for ever." example:"invalid"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return ProblemType }

// The codes of problems that no domain has: they come from HTTP itself.
const (
	CodeInternal         = "internal"
	CodeInvalid          = "invalid"
	CodeNotFound         = "http.not_found"
	CodeMethodNotAllowed = "http.method_not_allowed"
	CodeMalformed        = "http.malformed"
	CodeTooLarge         = "http.body_too_large"
	CodeMediaType        = "http.media_type"
	CodeTimeout          = "http.timeout"
	CodeCanceled         = "http.canceled"
	CodeCrossOrigin      = "http.cross_origin"
	CodeWrongHost        = "http.wrong_host"
	CodeNotReady         = "http.not_ready"
	CodeUnknownField     = "http.unknown_field"
	CodeMissingField     = "http.missing_field"
	CodeWrongType        = "http.wrong_type"
	CodeOutOfRange       = "http.out_of_range"
)

// statuses are the HTTP statuses of the kinds of error.
var statuses = [...]int{
	tradekeel.Internal:        http.StatusInternalServerError,
	tradekeel.Invalid:         http.StatusUnprocessableEntity,
	tradekeel.NotFound:        http.StatusNotFound,
	tradekeel.Conflict:        http.StatusConflict,
	tradekeel.Forbidden:       http.StatusForbidden,
	tradekeel.Unauthenticated: http.StatusUnauthorized,
	tradekeel.Exhausted:       http.StatusTooManyRequests,
	tradekeel.Unavailable:     http.StatusServiceUnavailable,
	// The caller gave up, so that nobody reads it; the log does.
	tradekeel.Canceled:    http.StatusRequestTimeout,
	tradekeel.Unsupported: http.StatusUnprocessableEntity,
}

// Status returns the HTTP status of a kind of error.
func Status(kind tradekeel.Kind) int {
	if int(kind) < len(statuses) {
		return statuses[kind]
	}
	return http.StatusInternalServerError
}

// NewProblem makes a problem that no domain has.
func NewProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// FromError turns an error of a service into a problem. Its inner text is shown
// for classified errors alone. locate says in which part of the request a field
// is; nil names the field as it is.
func FromError(err error, locate func(field string) string) *Problem {
	kind := tradekeel.KindOf(err)
	if kind == tradekeel.Internal {
		return NewProblem(http.StatusInternalServerError, CodeInternal, "something went wrong on our side")
	}
	if locate == nil {
		locate = func(field string) string { return field }
	}
	if kind == tradekeel.Canceled && errors.Is(err, context.DeadlineExceeded) {
		return NewProblem(http.StatusServiceUnavailable, CodeTimeout, "it took too long")
	}
	e, classified := errors.AsType[*tradekeel.Error](err)
	if !classified {
		return NewProblem(Status(kind), CodeCanceled, "the request was canceled")
	}
	p := NewProblem(Status(kind), e.Code, tradekeel.UserMessage(err))
	if p.Code == "" {
		p.Code = strings.ReplaceAll(kind.String(), " ", "_")
	}
	if kind != tradekeel.Invalid {
		return p
	}
	for i, v := range tradekeel.Violations(err) {
		f := Fault{Message: v.Message, Code: v.Code}
		if f.Code == "" {
			f.Code = CodeInvalid
		}
		if v.Field != "" {
			f.Location = locate(v.Field)
		}
		p.Errors = append(p.Errors, f)
		if i > 0 && f.Code != p.Code {
			p.Code = CodeInvalid
		}
	}
	p.Detail = detailOf(p.Errors, p.Detail)
	return p
}

// Write sends the problem.
func (p *Problem) Write(w http.ResponseWriter, r *http.Request) {
	p.RequestID = RequestID(r.Context())
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Length")
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		return
	}
	_ = marshal(w, p) // the client may be gone
}

// fail turns an error of a service into the answer, and logs what is our fault.
func fail(ctx context.Context, logger *slog.Logger, err error, locate func(string) string) *Problem {
	p := FromError(err, locate)
	p.RequestID = RequestID(ctx)
	if p.Status == http.StatusInternalServerError && logger != nil {
		logger.ErrorContext(ctx, "a request failed", "error", err, "request_id", p.RequestID)
	}
	return p
}

// transform makes problems of huma's own errors.
func transform(ctx huma.Context, _ string, body any) (any, error) {
	m, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	status := m.Status
	if lc, ok := ctx.(*limited); ok && lc.status != 0 {
		status = lc.status
	}
	p := NewProblem(status, codeOf(status), "")
	p.RequestID = RequestID(ctx.Context())
	switch status {
	case http.StatusInternalServerError:
		p.Detail = "something went wrong on our side"
		return p, nil
	case http.StatusRequestEntityTooLarge:
		p.Detail = tooLarge
		return p, nil
	case http.StatusRequestTimeout:
		p.Detail = "the body did not arrive in time"
		return p, nil
	case http.StatusUnsupportedMediaType:
		p.Detail = "the body must be application/json"
		return p, nil
	}
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, faultOf(e))
		}
	}
	p.Detail = detailOf(p.Errors, m.Detail)
	if status == http.StatusUnprocessableEntity && len(p.Errors) == 1 {
		p.Code = p.Errors[0].Code
	}
	return p, nil
}

const tooLarge = "the body is larger than this server takes"

func codeOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return CodeMalformed
	case http.StatusRequestTimeout:
		return CodeTimeout
	case http.StatusRequestEntityTooLarge:
		return CodeTooLarge
	case http.StatusUnsupportedMediaType:
		return CodeMediaType
	case http.StatusUnprocessableEntity:
		return CodeInvalid
	case http.StatusInternalServerError:
		return CodeInternal
	}
	return "http." + strconv.Itoa(status)
}

func detailOf(faults []Fault, otherwise string) string {
	lines := make([]string, 0, len(faults))
	for _, f := range faults {
		if f.Location != "" {
			lines = append(lines, f.Location+": "+f.Message)
		} else {
			lines = append(lines, f.Message)
		}
	}
	if len(lines) == 0 {
		return otherwise
	}
	return strings.Join(lines, "\n")
}

// faultOf names what huma found. The value at fault is not sent back: it could
// be a password.
func faultOf(e *huma.ErrorDetail) Fault {
	f := Fault{Location: e.Location, Message: e.Message, Code: CodeInvalid}
	switch {
	case e.Message == "unexpected property":
		f.Code, f.Message = CodeUnknownField, "there is no such field"
	case e.Message == "unknown query parameter":
		f.Code, f.Message = CodeUnknownField, "there is no such parameter"
	case strings.HasPrefix(e.Message, "expected required property"):
		f.Code = CodeMissingField
		if name, ok := strings.CutPrefix(e.Message, "expected required property "); ok {
			name, _, _ = strings.Cut(name, " ")
			f.Location, f.Message = join(e.Location, name), "is missing"
		}
	case strings.HasPrefix(e.Message, "required ") && strings.HasSuffix(e.Message, " is missing"):
		f.Code, f.Message = CodeMissingField, "is missing"
	case strings.HasPrefix(e.Message, "expected length"), strings.HasPrefix(e.Message, "expected number >"),
		strings.HasPrefix(e.Message, "expected number <"), strings.HasPrefix(e.Message, "expected value to be one of"):
		f.Code = CodeOutOfRange
	case strings.HasPrefix(e.Message, "expected "), e.Message == "invalid integer", e.Message == "invalid boolean", strings.HasPrefix(e.Message, "invalid "):
		f.Code = CodeWrongType
	}
	if e.Location == "body" && f.Code == CodeInvalid {
		f.Code = CodeMalformed
	}
	return f
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func describe(e *tradekeel.Error) string {
	return "`" + e.Code + "`: " + e.Message
}
