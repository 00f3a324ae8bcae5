package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// APIConfig describes an API.
type APIConfig struct {
	// Title and Version head the document.
	Title, Version string
	// Description is Markdown; empty has none.
	Description string
	// Document is the path that serves the OpenAPI document, for example
	// "/openapi.json"; empty serves none.
	Document string
}

// NewAPI makes an API on a mux. Its answers are JSON, its errors problems, its
// input strict: unknown fields and parameters are refused.
func NewAPI(mux *http.ServeMux, c APIConfig) huma.API {
	const schemas = "#/components/schemas/"
	registry := huma.NewMapRegistry(schemas, SchemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	format := huma.Format{Marshal: marshal, Unmarshal: unmarshal}
	api := humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: c.Title, Version: c.Version, Description: c.Description},
			Components: &huma.Components{Schemas: registry},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{transform},
	})
	api.UseMiddleware(limit)
	if c.Document != "" {
		mux.HandleFunc("GET "+c.Document, func(w http.ResponseWriter, r *http.Request) { serveDocument(w, r, api) })
	}
	return api
}

// serveDocument sends the OpenAPI document. It is made anew each time, since
// routes may be added until the first request.
func serveDocument(w http.ResponseWriter, r *http.Request, api huma.API) {
	raw, err := Document(api)
	if err != nil {
		NewProblem(http.StatusInternalServerError, CodeInternal, "something went wrong on our side").Write(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw) // the client may be gone
}

// Document returns the OpenAPI document of an API, indented; the same routes
// give the same bytes.
func Document(api huma.API) ([]byte, error) {
	raw, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("marshal the OpenAPI document: %w", err)
	}
	// Through a map, so that the order of keys does not depend on the library.
	var ordered any
	if err := json.Unmarshal(raw, &ordered); err != nil {
		return nil, fmt.Errorf("marshal the OpenAPI document: %w", err)
	}
	if raw, err = json.MarshalIndent(ordered, "", "  "); err != nil {
		return nil, fmt.Errorf("marshal the OpenAPI document: %w", err)
	}
	return append(raw, '\n'), nil
}

func marshal(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// unmarshal refuses a field that is given twice, of which one would be checked
// and the other be used, and tells faults in words of its own.
func unmarshal(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("is not JSON: %s at byte %d", syntax.Error(), syntax.Offset)
		}
		return err
	}
	return twice(raw)
}

// twice looks for an object with two fields of one name. Capitals make no
// difference, since they make none to the decoder. The document is valid JSON.
func twice(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	var objects []map[string]bool // the names seen in each open object; nil for an array
	isName := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("is not JSON: %w", err)
		}
		inObject := len(objects) > 0 && objects[len(objects)-1] != nil
		switch token {
		case json.Delim('{'):
			objects, isName = append(objects, map[string]bool{}), true
			continue
		case json.Delim('['):
			objects, isName = append(objects, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			objects = objects[:len(objects)-1]
			isName = len(objects) > 0 && objects[len(objects)-1] != nil
			continue
		}
		if name, ok := token.(string); ok && inObject && isName {
			seen := objects[len(objects)-1]
			if name = strings.ToLower(name); seen[name] {
				return fmt.Errorf("has the field %.40q twice", name)
			}
			seen[name], isName = true, false
			continue
		}
		isName = inObject
	}
}

// SchemaName names a schema by its type and, in front, its domain: Status of
// package bothttp is BotStatus, so that two domains may have one. A type that
// begins with its domain's name keeps it. Types of this package have no prefix.
func SchemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	name, arguments, generic := strings.Cut(t.Name(), "[")
	out := prefixed(t.PkgPath(), name)
	if !generic {
		return out
	}
	for _, argument := range strings.FieldsFunc(arguments, func(r rune) bool { return strings.ContainsRune("[]*,", r) }) {
		dot := strings.LastIndexByte(argument, '.')
		out += prefixed(argument[:max(dot, 0)], argument[dot+1:])
	}
	return out
}

func prefixed(pkg, name string) string {
	domain := pkg[strings.LastIndexByte(pkg, '/')+1:]
	domain = strings.TrimSuffix(domain, "_test")
	domain = strings.TrimSuffix(domain, "http")
	name = capital(name)
	if pkg == reflect.TypeFor[Problem]().PkgPath() || strings.HasPrefix(name, capital(domain)) {
		return name
	}
	return capital(domain) + name
}

func capital(name string) string {
	for _, r := range name {
		return string(unicode.ToUpper(r)) + name[len(string(r)):]
	}
	return name
}
