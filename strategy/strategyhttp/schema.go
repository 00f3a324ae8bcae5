package strategyhttp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel/strategy/document"
)

// schema is the JSON Schema of documents, which is the same as long as the process
// runs.
type schema struct {
	body []byte
	etag string
}

func newSchema() schema {
	body := document.Schema()
	sum := sha256.Sum256(body)
	return schema{body, `"` + hex.EncodeToString(sum[:16]) + `"`}
}

type schemaInput struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"The ETag of an answer that the client keeps."`
}

type schemaOutput struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	ETag         string `header:"ETag" doc:"Names the schema's text."` //nolint:tagliatelle // the header's own spelling
	CacheControl string `header:"Cache-Control"`
	// Editors in pages of other sites read it, too.
	AllowOrigin    string `header:"Access-Control-Allow-Origin"`
	ResourcePolicy string `header:"Cross-Origin-Resource-Policy"`
	Body           []byte
}

func (rt *Routes) getSchema(_ context.Context, in *schemaInput) (*schemaOutput, error) {
	out := &schemaOutput{
		Status: http.StatusOK, ContentType: "application/schema+json", ETag: rt.schema.etag, CacheControl: "public, max-age=3600",
		AllowOrigin: "*", ResourcePolicy: "cross-origin", Body: rt.schema.body,
	}
	if matches(in.IfNoneMatch, rt.schema.etag) {
		out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
	}
	return out, nil
}

// matches is the weak comparison of RFC 9110, section 13.1.2.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

func (rt *Routes) registerSchema(api huma.API) {
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "get-strategy-schema", Method: http.MethodGet, Path: "/schemas/strategy.json", Tags: []string{tagLibrary},
			Summary: "Get the JSON Schema of documents", Description: "For editors: every operator, indicator and limit of a strategy's document. It needs no sign-in and may be kept.",
			Responses: map[string]*huma.Response{
				"200": {Description: "The schema.", Content: map[string]*huma.MediaType{"application/schema+json": {Schema: &huma.Schema{Type: huma.TypeObject}}}},
				"304": {Description: "It is what the client keeps."},
			},
		}, answer: Object(`{"$schema":"https://json-schema.org/draft/2020-12/schema"}`), public: true,
	}, rt.getSchema)
}
