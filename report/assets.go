package report

import (
	"crypto/sha256"
	_ "embed" // the page's parts are files in assets
	"encoding/base64"
	"html/template"
	"strings"
	"sync"
)

//go:embed assets/page.html.tmpl
var pageSource string

//go:embed assets/report.css
var styleSource string

//go:embed assets/format.js
var formatSource string

//go:embed assets/charts.js
var chartsSource string

//go:embed assets/trades.js
var tradesSource string

//go:embed assets/main.js
var mainSource string

//go:embed assets/vendored/lightweight-charts/lightweight-charts.standalone.production.js
var librarySource string

// earlySource runs before the first paint, so that what needs JavaScript does
// not jump into a page that was laid out without it.
const earlySource = `document.documentElement.classList.add("js")`

// parts are the fixed parts of every page.
type parts struct {
	page   *template.Template
	script string // ours, behind the library
	policy string // the content security policy
}

// fixed is made at the first report. Scripts and styles are allowed by their
// hashes, so that nothing else on the page can run, whatever a name contains.
var fixed = sync.OnceValue(func() parts {
	p := parts{
		page:   template.Must(template.New("page").Parse(pageSource)),
		script: "(function () {\n\"use strict\";\n" + formatSource + chartsSource + tradesSource + mainSource + "})();\n",
	}
	p.policy = strings.Join([]string{
		"default-src 'none'",
		"script-src " + hash(earlySource) + " " + hash(librarySource) + " " + hash(p.script),
		"style-src " + hash(styleSource),
		"base-uri 'none'",
		"form-action 'none'",
	}, "; ")
	return p
})

func hash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
