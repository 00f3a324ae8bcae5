package strategyhttp_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/httpx"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/strategyhttp"
)

var update = flag.Bool("update", false, "write testdata anew")

// The OpenAPI document is reviewed as a file: a change of the API shows in it.
func TestDocument(t *testing.T) {
	const path = "testdata/openapi.json"
	got := newFixture(t, strategyhttp.Config{}).as("", http.MethodGet, "/api/v1/openapi.json", "").Body.Bytes()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code gives: look at it and run go test with -update", path)
	}
}

type media struct {
	Content map[string]struct {
		Example json.RawMessage `json:"example"`
	} `json:"content"`
}

// openAPI is the part of an OpenAPI document that tests look at.
type openAPI struct {
	Paths map[string]map[string]struct {
		OperationID string           `json:"operationId"` //nolint:tagliatelle // OpenAPI's
		RequestBody *media           `json:"requestBody"` //nolint:tagliatelle // OpenAPI's
		Responses   map[string]media `json:"responses"`
		Parameters  []struct {
			Name   string `json:"name"`
			In     string `json:"in"`
			Schema struct {
				Examples []any `json:"examples"`
			} `json:"schema"`
		} `json:"parameters"`
	} `json:"paths"`
}

func readOpenAPI(t *testing.T, f *fixture) openAPI {
	t.Helper()
	return get[openAPI](t, f.as("", http.MethodGet, "/api/v1/openapi.json", ""), http.StatusOK)
}

// Every route says what it may fail with, as problems, and shows by examples what
// it takes and what it answers.
func TestDocumentNamesErrorsAndExamples(t *testing.T) {
	want := map[string][]string{
		"validate-strategy":        {"200", "400", "401", "403", "408", "413", "415", "422", "500", "503"},
		"create-strategy":          {"201", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"},
		"list-library-strategies":  {"200", "401", "403", "408", "422", "500", "503"},
		"get-strategy":             {"200", "401", "403", "404", "408", "422", "500", "503"},
		"edit-strategy":            {"200", "400", "401", "403", "404", "408", "413", "415", "422", "500", "503"},
		"delete-strategy":          {"200", "401", "403", "404", "408", "422", "500", "503"},
		"clone-strategy":           {"201", "400", "401", "403", "404", "408", "413", "415", "422", "429", "500", "503"},
		"save-strategy-version":    {"200", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "500", "503"},
		"list-strategy-versions":   {"200", "401", "403", "404", "408", "422", "500", "503"},
		"get-strategy-version":     {"200", "401", "403", "404", "408", "422", "500", "503"},
		"diff-strategy-versions":   {"200", "401", "403", "404", "408", "422", "500", "503"},
		"explain-strategy-version": {"200", "400", "401", "403", "404", "408", "413", "415", "422", "500", "503"},
		"list-strategy-templates":  {"200", "401", "403", "408", "422", "500", "503"},
		"get-strategy-template":    {"200", "401", "403", "404", "408", "422", "500", "503"},
		"clone-strategy-template":  {"201", "400", "401", "403", "404", "408", "413", "415", "422", "429", "500", "503"},
		"get-strategy-schema":      {"200", "304", "408", "422", "500", "503"},
	}
	for path, methods := range readOpenAPI(t, newFixture(t, strategyhttp.Config{})).Paths {
		for method, op := range methods {
			var statuses []string
			for status, r := range op.Responses {
				statuses = append(statuses, status)
				if _, problem := r.Content[httpx.ProblemType]; status >= "400" && !problem {
					t.Errorf("%s %s: %s is no problem", method, path, status)
				}
				for kind, c := range r.Content {
					if len(c.Example) == 0 {
						t.Errorf("%s %s: %s has no example as %s", method, path, status, kind)
					}
				}
			}
			slices.Sort(statuses)
			if !slices.Equal(statuses, want[op.OperationID]) {
				t.Errorf("%s answers %v, want %v", op.OperationID, statuses, want[op.OperationID])
			}
			if op.RequestBody != nil && len(op.RequestBody.Content["application/json"].Example) == 0 {
				t.Errorf("%s %s has no example of its body", method, path)
			}
			for _, p := range op.Parameters {
				if p.In == "path" && len(p.Schema.Examples) == 0 {
					t.Errorf("%s %s has no example of %s", method, path, p.Name)
				}
			}
			delete(want, op.OperationID)
		}
	}
	for id := range want {
		t.Errorf("%s is not there", id)
	}
}

// The examples work: each body is taken as it stands.
func TestExamplesWork(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	s := f.create(t, dip(30))
	for path, methods := range readOpenAPI(t, f).Paths {
		for method, op := range methods {
			if op.RequestBody == nil {
				continue
			}
			body := string(op.RequestBody.Content["application/json"].Example)
			place := strings.NewReplacer("{id}", s.ID, "{version}", "1").Replace(path)
			if strings.Contains(path, "/templates/") {
				place = strings.Replace(path, "{id}", "dip", 1)
			}
			w := f.as(anna, strings.ToUpper(method), place, body)
			switch op.OperationID {
			case "save-strategy-version": // the hash in it is made up
				if p := get[httpx.Problem](t, w, http.StatusConflict); p.Code != "strategy.changed" {
					t.Errorf("%s: %+v", op.OperationID, p)
				}
			case "explain-strategy-version": // the time in it is before the data
				if p := get[httpx.Problem](t, w, http.StatusUnprocessableEntity); p.Errors[0].Location != "body.at" {
					t.Errorf("%s: %+v", op.OperationID, p)
				}
			default:
				if w.Code != http.StatusOK && w.Code != http.StatusCreated {
					t.Errorf("%s: %d %s", op.OperationID, w.Code, w.Body)
				}
			}
		}
	}
}

// The life of a strategy: checked, created, saved, used, saved again, compared,
// renamed, cloned, archived, restored.
func TestLife(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	v := get[strategyhttp.Validation](t, f.as(anna, http.MethodPost, "/api/v1/library/validate", `{"document":`+dip(30)+`}`), http.StatusOK)
	if v.Name != "Dip" || v.Timeframe != "1h" || v.Warmup < 14 || len(v.Needs) != 1 || v.Needs[0] != (strategyhttp.Need{Timeframe: "4h"}) ||
		len(v.Parameters) != 1 || string(v.Parameters[0].Default) != "20" || *v.Parameters[0].Max != 100 || v.Hash == "" {
		t.Errorf("checked: %+v", v)
	}
	w := f.as(anna, http.MethodPost, api, `{"document":`+dip(30)+`,"description":"mine","note":"first"}`)
	s := get[strategyhttp.Strategy](t, w, http.StatusCreated)
	place := w.Header().Get("Location")
	if place != api+"/"+s.ID || s.Name != "Dip" || s.Description != "mine" || s.Latest != (strategyhttp.Latest{Version: 1, Hash: v.Hash}) || !s.Draft || s.Archived {
		t.Errorf("created %+v at %s", s, place)
	}

	// A draft is replaced, a used version is not.
	saved := get[strategyhttp.Version](t, f.as(anna, http.MethodPost, place+"/versions", saving(s.Latest, dip(25))), http.StatusOK)
	if saved.Version != 1 || saved.Used || saved.Hash == v.Hash || saved.Note != "again" {
		t.Errorf("replaced: %+v", saved)
	}
	f.use(t, s.ID, 1)
	w = f.as(anna, http.MethodPost, place+"/versions", saving(strategyhttp.Latest{Version: 1, Hash: saved.Hash}, dip(35)))
	second := get[strategyhttp.Version](t, w, http.StatusOK)
	if second.Version != 2 || w.Header().Get("Location") != place+"/versions/2" {
		t.Errorf("saved: %+v at %s", second, w.Header().Get("Location"))
	}
	if first := get[strategyhttp.Version](t, f.as(anna, http.MethodGet, place+"/versions/1", ""), http.StatusOK); first.Hash != saved.Hash || !first.Used || first.UsedAt == nil {
		t.Errorf("the used version: %+v", first)
	}
	if d, err := document.Parse(second.Document); err != nil || d.Hash() != second.Hash {
		t.Errorf("the document of version 2: %v", err)
	}

	list := get[strategyhttp.Page[strategyhttp.Version]](t, f.as(anna, http.MethodGet, place+"/versions?size=1&total=true", ""), http.StatusOK)
	if len(list.Items) != 1 || list.Items[0].Version != 2 || list.Items[0].Document != nil || *list.Total != 2 || list.Next == "" {
		t.Errorf("the versions: %+v", list)
	}
	list = get[strategyhttp.Page[strategyhttp.Version]](t, f.as(anna, http.MethodGet, place+"/versions?size=1&cursor="+list.Next, ""), http.StatusOK)
	if len(list.Items) != 1 || list.Items[0].Version != 1 || list.Next != "" {
		t.Errorf("the versions after: %+v", list)
	}
	type difference struct {
		Changes []struct {
			Path, Kind    string
			Before, After any
		}
	}
	diff := get[difference](t, f.as(anna, http.MethodGet, place+"/diff?from=1&to=2", ""), http.StatusOK)
	if len(diff.Changes) != 1 || diff.Changes[0].Path != "enter.long.all[1].crosses_above[1]" || diff.Changes[0].Kind != "changed" ||
		diff.Changes[0].Before != 25.0 || diff.Changes[0].After != 35.0 {
		t.Errorf("the difference: %+v", diff)
	}
	if diff := get[difference](t, f.as(anna, http.MethodGet, place+"/diff?from=2&to=2", ""), http.StatusOK); diff.Changes == nil || len(diff.Changes) != 0 {
		t.Errorf("from itself: %+v", diff)
	}

	s = get[strategyhttp.Strategy](t, f.as(anna, http.MethodPatch, place, `{"name":"Other"}`), http.StatusOK)
	if s.Name != "Other" || s.Description != "mine" || s.Latest.Version != 2 {
		t.Errorf("renamed: %+v", s)
	}
	c := get[strategyhttp.Strategy](t, f.as(anna, http.MethodPost, place+"/clone", `{"version":1,"name":"Copy"}`), http.StatusCreated)
	if c.ID == s.ID || c.Name != "Copy" || c.Latest != (strategyhttp.Latest{Version: 1, Hash: saved.Hash}) || !c.Draft {
		t.Errorf("cloned: %+v", c)
	}
	page := get[strategyhttp.Page[strategyhttp.Strategy]](t, f.as(anna, http.MethodGet, api+"?name=OTH&total=true", ""), http.StatusOK)
	if len(page.Items) != 1 || page.Items[0].ID != s.ID || *page.Total != 1 {
		t.Errorf("the list: %+v", page)
	}

	if d := get[strategyhttp.Deletion](t, f.as(anna, http.MethodDelete, place, ""), http.StatusOK); !d.Archived {
		t.Error("what was used is removed")
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodPost, place+"/versions", saving(s.Latest, dip(40))), http.StatusConflict); p.Code != "strategy.archived" {
		t.Errorf("a save to what is archived: %+v", p)
	}
	page = get[strategyhttp.Page[strategyhttp.Strategy]](t, f.as(anna, http.MethodGet, api+"?archived=true", ""), http.StatusOK)
	if len(page.Items) != 1 || page.Items[0].ID != s.ID {
		t.Errorf("the archive: %+v", page)
	}
	if s = get[strategyhttp.Strategy](t, f.as(anna, http.MethodPatch, place, `{"archived":false}`), http.StatusOK); s.Archived {
		t.Errorf("restored: %+v", s)
	}
	if d := get[strategyhttp.Deletion](t, f.as(anna, http.MethodDelete, api+"/"+c.ID, ""), http.StatusOK); d.Archived {
		t.Error("what was never used is archived")
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodGet, api+"/"+c.ID, ""), http.StatusNotFound); p.Code != "strategy.not_found" {
		t.Errorf("after: %+v", p)
	}
}

// A save that is not based on the latest changes nothing; one that is sent again
// after a lost answer is no fault.
func TestConflict(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	s := f.create(t, dip(30))
	place := api + "/" + s.ID + "/versions"
	ours := get[strategyhttp.Version](t, f.as(anna, http.MethodPost, place, saving(s.Latest, dip(25))), http.StatusOK)
	if p := get[httpx.Problem](t, f.as(anna, http.MethodPost, place, saving(s.Latest, dip(20))), http.StatusConflict); p.Code != "strategy.changed" {
		t.Errorf("the second window: %+v", p)
	}
	again := get[strategyhttp.Version](t, f.as(anna, http.MethodPost, place, saving(s.Latest, dip(25))), http.StatusOK)
	if again.Version != 1 || again.Hash != ours.Hash || !again.Created.Equal(ours.Created) {
		t.Errorf("sent again: %+v", again)
	}
	base := strategyhttp.Latest{Version: 1, Hash: ours.Hash}
	for n := range 3 { // three versions are the most
		f.use(t, s.ID, n+1)
		w := f.as(anna, http.MethodPost, place, saving(base, dip(40+n)))
		if n == 2 {
			if p := get[httpx.Problem](t, w, http.StatusTooManyRequests); p.Code != "strategy.version_limit" {
				t.Errorf("one version more: %+v", p)
			}
			continue
		}
		v := get[strategyhttp.Version](t, w, http.StatusOK)
		base = strategyhttp.Latest{Version: v.Version, Hash: v.Hash}
	}
}

// What is wrong is told with its place, every fault of it, and nothing is stored.
func TestRefuses(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	bad := strings.Replace(strings.Replace(dip(30), `"crosses_above":["rsi"`, `"crosses_above":["rsl"`, 1), `"percent":5`, `"percent":-5`, 1)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		places                   []string
	}{
		{"no document", http.MethodPost, api, `{}`, 422, []string{"body.document"}},
		{"document no object", http.MethodPost, api, `{"document":[]}`, 422, []string{"body.document"}},
		{"document null", http.MethodPost, api, `{"document":null}`, 422, []string{"body.document"}},
		{"faults of a document", http.MethodPost, api, `{"document":` + bad + `}`, 422, []string{"body.document.enter.long.all[1].crosses_above[0]", "body.document.stop.percent"}},
		{"faults, checked", http.MethodPost, "/api/v1/library/validate", `{"document":` + bad + `}`, 422, []string{"body.document.enter.long.all[1].crosses_above[0]", "body.document.stop.percent"}},
		{"faults beside the document", http.MethodPost, api, `{"name":" ","note":"\u0007","document":` + bad + `}`, 422, []string{"body.name", "body.note", "body.document.enter.long.all[1].crosses_above[0]", "body.document.stop.percent"}},
		{"name too long", http.MethodPost, api, `{"name":"` + strings.Repeat("x", 101) + `","document":` + dip(30) + `}`, 422, []string{"body.name"}},
		{"a field twice", http.MethodPost, api, `{"document":` + strings.Replace(dip(30), `"version":1`, `"version":1,"version":2`, 1) + `}`, 400, []string{"body"}},
		{"too deep", http.MethodPost, api, `{"document":{"enter":` + strings.Repeat(`{"not":`, 2000) + `true` + strings.Repeat(`}`, 2000) + `}}`, 422, nil},
		{"too large", http.MethodPost, api, `{"document":{"name":"` + strings.Repeat("x", 300<<10) + `"}}`, 422, []string{"body.document"}},
		{"a save without a base", http.MethodPost, api + "/x/versions", `{"document":` + dip(30) + `}`, 422, []string{"body.base"}},
		{"an empty name", http.MethodPatch, api + "/x", `{"name":""}`, 422, []string{"body.name"}},
		{"size", http.MethodGet, api + "?size=501", "", 422, []string{"query.size"}},
		{"cursor", http.MethodGet, api + "?cursor=%21", "", 422, []string{"query.cursor"}},
		{"version 0", http.MethodGet, api + "/x/versions/0", "", 422, []string{"path.version"}},
		{"no from", http.MethodGet, api + "/x/diff?to=1", "", 422, []string{"query.from"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := f.as(anna, c.method, c.path, c.body)
			p := get[httpx.Problem](t, w, c.status)
			var places []string
			for _, fault := range p.Errors {
				places = append(places, fault.Location)
			}
			slices.Sort(places)
			slices.Sort(c.places)
			if c.places != nil && !slices.Equal(places, c.places) {
				t.Errorf("got %v, want %v: %.500s", places, c.places, w.Body)
			}
		})
	}
	if page := get[strategyhttp.Page[strategyhttp.Strategy]](t, f.as(anna, http.MethodGet, api, ""), http.StatusOK); len(page.Items) != 0 {
		t.Errorf("%d were stored", len(page.Items))
	}
	p := get[httpx.Problem](t, f.as(anna, http.MethodPost, api, `{"document":`+bad+`}`), 422)
	for _, fault := range p.Errors {
		if !strings.HasPrefix(fault.Code, "strategy.document.") {
			t.Errorf("%s has the code %s", fault.Location, fault.Code)
		}
	}
}

// One user has so many strategies and no more.
func TestLimit(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	for range 5 {
		f.create(t, dip(30))
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodPost, api, `{"document":`+dip(30)+`}`), http.StatusTooManyRequests); p.Code != "strategy.limit" {
		t.Errorf("got %+v", p)
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodPost, "/api/v1/library/templates/dip/clone", `{}`), http.StatusTooManyRequests); p.Code != "strategy.limit" {
		t.Errorf("got %+v", p)
	}
	get[strategyhttp.Strategy](t, f.as(berg, http.MethodPost, api, `{"document":`+dip(30)+`}`), http.StatusCreated)
}

// Another user's strategy is not there, by any route; nobody signed in is told so.
func TestS15_Owners(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	s := f.create(t, dip(30))
	place := api + "/" + s.ID
	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, place, ""},
		{http.MethodPatch, place, `{"name":"theirs"}`},
		{http.MethodDelete, place, ""},
		{http.MethodPost, place + "/clone", `{}`},
		{http.MethodPost, place + "/versions", saving(s.Latest, dip(10))},
		{http.MethodGet, place + "/versions", ""},
		{http.MethodGet, place + "/versions/1", ""},
		{http.MethodGet, place + "/diff?from=1&to=1", ""},
		{http.MethodPost, place + "/versions/1/explain", `{"data":"binance:BTC/USDT:1h"}`},
		{http.MethodPost, place + "/versions/1/explain", `{"data":"no key"}`}, // not even what is wrong with it
	} {
		if p := get[httpx.Problem](t, f.as(berg, c.method, c.path, c.body), http.StatusNotFound); p.Code != "strategy.not_found" {
			t.Errorf("%s %s: %+v", c.method, c.path, p)
		}
		if p := get[httpx.Problem](t, f.as("", c.method, c.path, c.body), http.StatusUnauthorized); p.Code != "unauthenticated" {
			t.Errorf("%s %s: %+v", c.method, c.path, p)
		}
	}
	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, api, ""},
		{http.MethodPost, api, `{"document":{}}`},
		{http.MethodPost, "/api/v1/library/validate", `{"document":{}}`},
		{http.MethodGet, "/api/v1/library/templates", ""},
		{http.MethodGet, "/api/v1/library/templates/dip", ""},
		{http.MethodGet, "/api/v1/library/templates/none", ""},
		{http.MethodPost, "/api/v1/library/templates/dip/clone", `{}`},
	} {
		get[httpx.Problem](t, f.as("", c.method, c.path, c.body), http.StatusUnauthorized)
	}
	if page := get[strategyhttp.Page[strategyhttp.Strategy]](t, f.as(berg, http.MethodGet, api, ""), http.StatusOK); len(page.Items) != 0 {
		t.Errorf("berg sees %+v", page.Items)
	}
	if got := get[strategyhttp.Strategy](t, f.as(anna, http.MethodGet, place, ""), http.StatusOK); got != s {
		t.Errorf("it is %+v, was %+v", got, s)
	}
}

// What the server decides is not taken from a body.
func TestS17_MassAssignment(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	s := f.create(t, dip(30))
	place := api + "/" + s.ID
	for _, field := range []string{"id", "owner", "Owner", "created", "updated", "latest", "draft", "hash", "used", "used_at", "version", "number"} {
		for _, c := range []struct{ method, path, body string }{
			{http.MethodPost, api, `{"document":` + dip(30)},
			{http.MethodPatch, place, `{"name":"x"`},
			{http.MethodPost, place + "/versions", strings.TrimSuffix(saving(s.Latest, dip(31)), "}")},
			{http.MethodPost, "/api/v1/library/templates/dip/clone", `{"name":"x"`},
		} {
			p := get[httpx.Problem](t, f.as(anna, c.method, c.path, c.body+`,"`+field+`":"usr_berg"}`), http.StatusUnprocessableEntity)
			if p.Errors[0].Location != "body."+field || p.Errors[0].Code != httpx.CodeUnknownField {
				t.Errorf("%s %s took %s: %+v", c.method, c.path, field, p)
			}
		}
	}
	if got := get[strategyhttp.Strategy](t, f.as(anna, http.MethodGet, place, ""), http.StatusOK); got != s {
		t.Errorf("it is %+v, was %+v", got, s)
	}
}

// A decision is explained on stored candles.
func TestExplain(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	s := f.create(t, dip(30))
	place := api + "/" + s.ID + "/versions/1/explain"
	e := get[strategyhttp.Explanation](t, f.as(anna, http.MethodPost, place, `{"data":"binance:BTC/USDT:1h","at":"2024-01-10T12:30:00Z","params":{"slow":30}}`), http.StatusOK)
	if e.Time.Format("15:04") != "12:00" || e.Action == "" || len(e.Rules) != 2 || len(e.Rules[0].Of) != 2 || e.Rules[0].Of[0].Path != "enter.long.all[0].gt" || !strings.Contains(e.Text, "crosses_above") {
		t.Errorf("explained: %+v", e)
	}
	if last := get[strategyhttp.Explanation](t, f.as(anna, http.MethodPost, place, `{"data":"binance:BTC/USDT:1h"}`), http.StatusOK); !last.Time.Equal(begin.Add(500 * 3600e9)) {
		t.Errorf("the last close: %s", last.Time)
	}
	for body, where := range map[string]string{
		`{"data":"kraken:BTC/USDT:1h"}`:                              "body.data",
		`{"data":"binance:BTC/USDT:1d"}`:                             "body.data",
		`{"data":"../../etc:BTC/USDT:1h"}`:                           "body.data",
		`{"data":"binance:BTC/USDT:1h","at":"2023-01-01T00:00:00Z"}`: "body.at",
		`{"data":"binance:BTC/USDT:1h","at":"0001-01-01T00:00:00Z"}`: "body.at",
		`{"data":"binance:BTC/USDT:1h","at":"9999-01-01T00:00:00Z"}`: "body.at",
		`{"data":"binance:BTC/USDT:1h","params":{"slow":1}}`:         "body.params.slow",
		`{"data":"binance:BTC/USDT:1h","params":{"slo":20}}`:         "body.params.slo",
		`{"data":"binance:BTC/USDT:1h","params":[]}`:                 "body.params",
	} {
		if p := get[httpx.Problem](t, f.as(anna, http.MethodPost, place, body), http.StatusUnprocessableEntity); len(p.Errors) != 1 || p.Errors[0].Location != where {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodPost, strings.Replace(place, "/1/", "/7/", 1), `{"data":"binance:BTC/USDT:1h"}`), http.StatusNotFound); p.Code != "strategy.no_version" {
		t.Errorf("no such version: %+v", p)
	}
}

// Templates speak the reader's language where they can.
func TestTemplates(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	const path = "/api/v1/library/templates"
	for query, want := range map[string][2]string{"": {"Dip buyer", "en"}, "?lang=fr,de-AT": {"Dip-Käufer", "de"}, "?lang=%25%25": {"Dip buyer", "en"}} {
		list := get[strategyhttp.TemplateList](t, f.as(anna, http.MethodGet, path+query, ""), http.StatusOK)
		if len(list.Items) != 1 || list.Items[0].Name != want[0] || list.Items[0].Lang != want[1] || list.Items[0].Text != "Buys dips." || list.Items[0].Timeframe != "1h" {
			t.Errorf("%q: %+v", query, list)
		}
	}
	one := get[strategyhttp.TemplateDocument](t, f.as(anna, http.MethodGet, path+"/dip?lang=de", ""), http.StatusOK)
	if _, err := document.Parse(one.Document); err != nil || one.Name != "Dip-Käufer" || len(one.Parameters) != 1 {
		t.Errorf("the template: %+v, %v", one, err)
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodGet, path+"/none", ""), http.StatusNotFound); p.Code != "strategy.no_template" {
		t.Errorf("no template: %+v", p)
	}
	s := get[strategyhttp.Strategy](t, f.as(anna, http.MethodPost, path+"/dip/clone", `{"lang":["de"]}`), http.StatusCreated)
	if s.Name != "Dip-Käufer" || s.Description != "Buys dips." || s.Latest.Version != 1 {
		t.Errorf("begun: %+v", s)
	}
}

// Everybody may read the schema, and keep it.
func TestSchema(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	w := f.as("", http.MethodGet, "/api/v1/schemas/strategy.json", "")
	etag := w.Header().Get("ETag")
	if !bytes.Equal(w.Body.Bytes(), document.Schema()) || w.Header().Get("Content-Type") != "application/schema+json" ||
		w.Header().Get("Cache-Control") != "public, max-age=3600" || w.Header().Get("Access-Control-Allow-Origin") != "*" || etag == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for tag, want := range map[string]int{etag: 304, "W/" + etag: 304, `"x", ` + etag: 304, "*": 304, `"x"`: 200, "": 200} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/schemas/strategy.json", http.NoBody)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != want || want == 304 && w.Body.Len() > 0 || w.Header().Get("ETag") != etag {
			t.Errorf("%s: %d with %d bytes", tag, w.Code, w.Body.Len())
		}
	}
}

// The base path is a setting, and the prefix stays in the request.
func TestBasePath(t *testing.T) {
	for base, path := range map[string]string{"/shop/": "/shop/library/strategies", "/": "/library/strategies"} {
		f := newFixture(t, strategyhttp.Config{BasePath: base})
		w := f.as(anna, http.MethodPost, path, `{"document":`+dip(30)+`}`)
		s := get[strategyhttp.Strategy](t, w, http.StatusCreated)
		if got := w.Header().Get("Location"); got != path+"/"+s.ID {
			t.Errorf("%q: the place is %s", base, got)
		}
	}
}

// Who is signed in as the platform has no strategies.
func TestSystem(t *testing.T) {
	f := newFixture(t, strategyhttp.Config{})
	r := httptest.NewRequest(http.MethodGet, api, http.NoBody)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r.WithContext(tradekeel.WithActor(r.Context(), tradekeel.SystemActor)))
	get[httpx.Problem](t, w, http.StatusUnauthorized)
}
