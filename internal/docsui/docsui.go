// Package docsui serves the pages that show an OpenAPI document: Swagger UI,
// from files inside the program, so that it works without a network. It follows
// the reader's choice of light or dark.
package docsui

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"path"
)

// version is that of the vendored files; it is in their address, so that they may
// be cached for ever.
const version = "5.35.0"

//go:embed vendored/swagger-ui/swagger-ui.css vendored/swagger-ui/swagger-ui-bundle.js docs.html.tmpl docs.css docs.js
var files embed.FS

// policy lets the page use its own files and call this server. Swagger UI sets
// styles on elements.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Config says what is shown where.
type Config struct {
	// Path is the address of the page, for example "/docs".
	Path string
	// Document is the address of the OpenAPI document, for example "/openapi.json".
	Document string
	// Title heads the page.
	Title string
	// Home is a link back, for example "/"; empty has none.
	Home string
}

// Register adds the page and its files to a mux. A fault in the template is a
// defect of the program and panics when it starts.
func Register(mux *http.ServeMux, c Config) {
	var page bytes.Buffer
	base := c.Path + "/" + version
	err := template.Must(template.ParseFS(files, "docs.html.tmpl")).Execute(&page, struct {
		Config

		Base string
	}{c, base})
	if err != nil {
		panic("docsui: " + err.Error())
	}
	mux.HandleFunc("GET "+c.Path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(page.Bytes()) // the client may be gone
	})
	for name, kind := range map[string]string{
		"vendored/swagger-ui/swagger-ui.css":       "text/css; charset=utf-8",
		"vendored/swagger-ui/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
		"docs.css": "text/css; charset=utf-8",
		"docs.js":  "text/javascript; charset=utf-8",
	} {
		content, err := files.ReadFile(name)
		if err != nil {
			panic("docsui: " + err.Error())
		}
		address := path.Base(name)
		mux.HandleFunc("GET "+base+"/"+address, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", cache(name))
			_, _ = w.Write(content) // the client may be gone
		})
	}
}

// cache keeps the vendored files, whose address has their version, for ever.
func cache(name string) string {
	if path.Dir(name) != "." {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}
