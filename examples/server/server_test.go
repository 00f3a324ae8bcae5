package main

import (
	"bufio"
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

func newLines(r io.Reader) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	return s
}

var linked = regexp.MustCompile(`(?:href|src|data-document)="([^"]+)"`)

// Every link of the start page leads somewhere, as does every link there.
func TestLinks(t *testing.T) {
	s := startIn(t, t.TempDir())
	kinds := map[string]string{
		"/": "text/html", "/docs": "text/html", "/openapi.json": "application/json", "/healthz": "application/json",
		"/readyz": "application/json", "/metrics": "text/plain",
	}
	seen := map[string]bool{"/": true}
	for todo := []string{"/"}; len(todo) > 0; todo = todo[1:] {
		a := s.get(t, todo[0])
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", todo[0], a.StatusCode)
		}
		if want := kinds[todo[0]]; !strings.HasPrefix(a.Header.Get("Content-Type"), want) {
			t.Errorf("%s is %s, want %s", todo[0], a.Header.Get("Content-Type"), want)
		}
		delete(kinds, todo[0])
		if strings.HasSuffix(todo[0], "/report") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, found := range linked.FindAllStringSubmatch(a.body, -1) {
			link, _, _ := strings.Cut(html.UnescapeString(found[1]), "#")
			switch {
			case strings.HasPrefix(link, "data:"), link == "", seen[link]:
			case !strings.HasPrefix(link, "/"):
				t.Errorf("%s needs another server: %s", todo[0], link)
			default:
				seen[link] = true
				todo = append(todo, link)
			}
		}
	}
	for path := range kinds {
		t.Errorf("nothing leads to %s", path)
	}
	if err := s.stop(); err != nil {
		t.Errorf("it stopped with %v", err)
	}
}

// The start page shows the demonstration with its figures.
func TestDemonstration(t *testing.T) {
	s := startIn(t, t.TempDir())
	page := s.get(t, "/").body
	for _, want := range []string{"Demonstration", "Open the report", "74.0 %", "17\u202f402.35 USDT", "crypto-365", "<svg", "coinbase:BTC/USD:1d"} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not show %q", want)
		}
	}
	if lines := s.output.String(); !strings.Contains(lines, "import binance:BTC/USDT:1h: 4309 bars, 7 gaps\n") || strings.Contains(lines, "\r") {
		t.Errorf("it printed %q", lines)
	}
}

// A backtest is created, followed and reported.
func TestCreateFollowReport(t *testing.T) {
	s := startIn(t, t.TempDir())
	b := s.follow(t, s.create(t, "sma_cross").ID, ended)
	if b.State != "done" || b.Summary == nil || b.Summary.Stats.Trades != 91 {
		t.Fatalf("it ended as %+v", b)
	}
	report := s.get(t, "/api/v1/backtests/"+b.ID+"/report")
	if report.StatusCode != http.StatusOK || !strings.Contains(report.body, "sma_cross") {
		t.Errorf("the report: %d", report.StatusCode)
	}
	if !strings.Contains(s.get(t, "/").body, b.ID) {
		t.Error("the start page does not list it")
	}
	if metrics := s.get(t, "/metrics").body; !strings.Contains(metrics, `tradekeel_http_requests_total{method="POST",route="POST /api/v1/backtests",status="201"} 1`) {
		t.Error("the metrics do not count it")
	}
}

// The form of the start page works without scripts, and tells faults at their fields.
func TestForm(t *testing.T) {
	s := startIn(t, t.TempDir())
	const kind = "application/x-www-form-urlencoded"
	const form = "strategy=sma_cross&data=binance:BTC/USDT:1h&gaps=on&param_percent=50&param_of=equity&fee=0.1"
	a := s.do(t, http.MethodPost, "/", kind, form+"&cash=1000&param_fast=7&param_slow=21&from=2021-01-01&to=2021-03-01")
	place := a.Header.Get("Location")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(place, "/?started=bt_") {
		t.Fatalf("got %d to %q: %s", a.StatusCode, place, a.body)
	}
	id := strings.TrimSuffix(strings.TrimPrefix(place, "/?started="), "#backtests")
	b := s.follow(t, id, ended)
	if b.State != "done" || b.FeeRate != "0.001" || b.Cash.Currency != "USDT" || b.From == nil || b.Summary.Stats.Bars == 0 ||
		string(b.Params) != `{"fast":7,"of":"equity","percent":50,"slow":21,"whole":false}` {
		t.Errorf("it ran as %+v", b)
	}
	if page := s.get(t, strings.TrimSuffix(place, "#backtests")).body; !strings.Contains(page, `class="fresh"`) {
		t.Error("the page does not show which is new")
	}
	for _, c := range []struct{ form, says string }{
		{form + "&cash=-1", "must be above zero"},
		{form + "&cash=x", "must be a decimal number"},
		{form + "&cash=1&param_fast=x", "must be a whole number"},
		{form + "&cash=1&param_fast=30&param_slow=20", "must be below slow"},
		{form + "&cash=1&from=tomorrow", "must be a day"},
		{form + "&cash=1&from=2030-01-01", "has no bars in the range"},
		{"strategy=sma_cross&data=binance:BTC/USDT:1h&cash=1&fee=0", "lacks bars"},
		{"strategy=sma_cross&data=binance:BTC/USDT:1h&gaps=on&cash=1&fee=100", "fraction below 1"},
		{"strategy=nope&data=binance:BTC/USDT:1h&gaps=on&cash=1&fee=0", "there is no strategy"},
	} {
		a := s.do(t, http.MethodPost, "/", kind, c.form)
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, c.says) || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("%s: %d, and it does not say %q", c.form, a.StatusCode, c.says)
		}
	}
	// What was typed comes back, as text.
	if page := s.do(t, http.MethodPost, "/", kind, "strategy=sma_cross&data=x&fee=0&cash=%22%3E%3Cscript%3E").body; strings.Contains(page, `"><script>`) || !strings.Contains(page, `value="&#34;&gt;&lt;script&gt;"`) {
		t.Error("the form does not come back as text")
	}
}

// count returns the number of backtests.
func (s *running) count(t *testing.T) int {
	t.Helper()
	return int(*decode[backtesthttp.BacktestPage](t, s.get(t, "/api/v1/backtests?total=true").body).Total)
}

// A restart keeps results, and neither imports nor demonstrates again.
func TestRestart(t *testing.T) {
	folder := t.TempDir()
	s := startIn(t, folder)
	b := s.follow(t, s.create(t, "sma_cross").ID, ended)
	if n := s.count(t); n != 2 {
		t.Errorf("there are %d", n)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	again := startIn(t, folder)
	if n := again.count(t); n != 2 {
		t.Errorf("after a restart there are %d", n)
	}
	after := decode[backtesthttp.Backtest](t, again.get(t, "/api/v1/backtests/"+b.ID).body)
	if after.Summary == nil || after.Summary.Final != b.Summary.Final {
		t.Errorf("it was %+v and is %+v", b, after)
	}
	if text := again.output.String(); strings.Contains(text, "import") {
		t.Errorf("it printed %q", text)
	}
	if n := countFiles(t, filepath.Join(folder, "candles"), ".series"); n != 2 {
		t.Errorf("there are %d series of candles", n)
	}
}

// Two servers in one process do not see each other.
func TestS32_SideBySide(t *testing.T) {
	one, other := startIn(t, t.TempDir()), startIn(t, t.TempDir())
	b := one.follow(t, one.create(t, "sma_cross").ID, ended)
	if a := other.get(t, "/api/v1/backtests/"+b.ID); a.StatusCode != http.StatusNotFound {
		t.Errorf("the other answers %d", a.StatusCode)
	}
	if one.count(t) != 2 || other.count(t) != 1 {
		t.Errorf("they count %d and %d", one.count(t), other.count(t))
	}
	if strings.Contains(other.get(t, "/metrics").body, `status="201"`) {
		t.Error("the other counts the requests of the one")
	}
	if err := one.stop(); err != nil {
		t.Error(err)
	}
	if a := other.get(t, "/readyz"); a.StatusCode != http.StatusOK {
		t.Errorf("when one stops, the other answers %d", a.StatusCode)
	}
}

// The same server over PostgreSQL.
func TestPostgres(t *testing.T) {
	s := startIn(t, t.TempDir(), "-db", dbtest.URL()+"&search_path="+dbtest.Schema(t))
	if b := s.follow(t, s.create(t, "sma_cross").ID, ended); b.State != "done" {
		t.Errorf("it ended as %+v", b)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// A process that is killed in the middle of a run leaves nothing undone: the next
// one runs it to its end.
func TestKilled(t *testing.T) {
	folder := t.TempDir()
	child, kill := startChild(t, folder)
	b := child.follow(t, child.create(t, "gate").ID, func(b backtesthttp.Backtest) bool { return b.State == "running" })
	kill()

	open := make(chan struct{})
	close(open)
	s, err := testSettings(folder, open)
	if err != nil {
		t.Fatal(err)
	}
	next := start(t, func(ctx context.Context, out io.Writer) error { return serve(ctx, s, out) })
	if b := next.follow(t, b.ID, ended); b.State != "done" || b.Progress.Done != 4309 {
		t.Errorf("it ended as %+v", b)
	}
}

// A stop puts what runs back into the queue, and streams end.
func TestStopWhileRunning(t *testing.T) {
	folder := t.TempDir()
	open := make(chan struct{})
	first, err := testSettings(folder, open)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(ctx context.Context, out io.Writer) error { return serve(ctx, first, out) })
	b := s.follow(t, s.create(t, "gate").ID, func(b backtesthttp.Backtest) bool { return b.State == "running" })
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	// The strategy is in the middle of a bar; the run ends at its next look. It is
	// let through only when the address is free again, so that the stop is first.
	for until := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			break
		}
		c.Close()
		if time.Now().After(until) {
			t.Fatal("it goes on listening")
		}
	}
	close(open)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	second, err := testSettings(folder, open)
	if err != nil {
		t.Fatal(err)
	}
	again := start(t, func(ctx context.Context, out io.Writer) error { return serve(ctx, second, out) })
	if b := again.follow(t, b.ID, ended); b.State != "done" {
		t.Errorf("it ended as %+v", b)
	}
}

// An address that is taken is told in words.
func TestAddressTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	folder := filepath.Join(t.TempDir(), "new")
	err = run(t.Context(), []string{"-addr", l.Addr().String(), "-data", folder}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "another program listens on "+l.Addr().String()) {
		t.Errorf("got %v", err)
	}
	if n := countFiles(t, folder, ""); n != 0 {
		t.Errorf("it left %d files", n)
	}
}

// Without sign-in it is for this machine alone, unless that is asked for.
func TestAddresses(t *testing.T) {
	for addr, allowed := range map[string]bool{
		"127.0.0.1:0": true, "localhost:80": true, "[::1]:80": true, "127.0.0.7:1": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.168.1.2:80": false, "example.com:80": false, "80": false,
	} {
		if _, err := parse([]string{"-addr", addr, "-data", "x"}, io.Discard); (err == nil) != allowed {
			t.Errorf("%s: %v", addr, err)
		}
	}
	s, err := parse([]string{"-addr", ":80", "-data", "x", "-allow-host", "Example.com, other"}, io.Discard)
	if err != nil || !slices.Equal(s.hosts, []string{"example.com", "other"}) {
		t.Errorf("got %v, %v", s.hosts, err)
	}
}

// A page of another site can neither write nor, under a name that was pointed
// here, read.
func TestS34_OtherSites(t *testing.T) {
	s := startIn(t, t.TempDir())
	for _, c := range []struct {
		method, host, origin string
		want                 int
	}{
		{http.MethodGet, "", "", 200},
		{http.MethodPost, "", "http://evil.example", 403},
		{http.MethodGet, "evil.example", "", 421},
		{http.MethodPost, "evil.example", "http://evil.example", 421},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, s.base+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		resp, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%+v: %d", c, resp.StatusCode)
		}
	}
}

// Wrong arguments and wrong places are errors in words.
func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"argument":       {[]string{"what"}, "is not a flag"},
		"flag":           {[]string{"-what"}, "not defined"},
		"folder is file": {[]string{"-addr", "127.0.0.1:0", "-data", "server_test.go"}, "server_test.go"},
		"database":       {[]string{"-addr", "127.0.0.1:0", "-data", t.TempDir(), "-db", "postgres://127.0.0.1:1/x?sslmode=disable&connect_timeout=1"}, "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(t.Context(), c.args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q in it", err, c.says)
			}
		})
	}
	if err := run(t.Context(), []string{"-h"}, io.Discard, io.Discard); err != nil {
		t.Errorf("help is an error: %v", err)
	}
}

// On a screen the import is a bar that is drawn over; elsewhere a line.
func TestProgressBar(t *testing.T) {
	var out strings.Builder
	bar := progressBar{out: &out, label: "import", terminal: true}
	for _, done := range []int64{0, 50, 50, 100} {
		bar.show(done, 100)
	}
	bar.end("done")
	want := "\rimport ▕" + strings.Repeat("░", 20) + "▏ 0 %\rimport ▕" + strings.Repeat("█", 10) + strings.Repeat("░", 10) + "▏ 50 %" +
		"\rimport ▕" + strings.Repeat("█", 20) + "▏ 100 %\r\x1b[Kimport: done\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
