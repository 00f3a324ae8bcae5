// Package httpx is what the HTTP adapters of all domains share: the OpenAPI
// document, problems as answers to errors, and what every request passes.
//
// NewAPI makes a huma API on a ServeMux, Register adds a route whose errors
// become Problems by their tradekeel.Kind, Handler puts the layers around the
// mux, and Serve runs it until its context ends, then drains.
//
// Nothing here is shared between two servers in one process.
package httpx
