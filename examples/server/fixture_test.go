package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/strategy"
)

// childFolder tells this test binary to be the server, over that folder, until
// it is killed.
const childFolder = "TRADEKEEL_TEST_SERVER_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		s, err := testSettings(folder, make(chan struct{}))
		if err == nil {
			err = serve(context.Background(), s, os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// testSettings are those of a server on a free port that has one more strategy,
// gate, which waits at its tenth bar until it is let through.
func testSettings(folder string, open <-chan struct{}) (settings, error) {
	s, err := parse([]string{"-addr", "127.0.0.1:0", "-data", folder}, io.Discard)
	s.strategies = append(s.strategies, strategy.Define("gate", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &gate{open: open}, nil
	}))
	s.heartbeat = 50 * time.Millisecond // a killed process is missed after ten of them
	return s, err
}

type gate struct {
	open <-chan struct{}
	bars int
}

func (g *gate) OnBar(strategy.Bar, *strategy.Orders) {
	g.bars++
	if g.bars == 10 {
		<-g.open
	}
}

// running is a server under test.
type running struct {
	base   string
	client *http.Client
	output *output
	stop   func() error // as an interrupt does; returns what the program would
}

// output collects what a server prints, and tells its address.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	ready chan string
	told  bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if _, after, ok := strings.Cut(o.text.String(), "Tradekeel is at "); ok && !o.told && strings.Contains(after, "\n") {
		o.told = true
		o.ready <- strings.TrimSuffix(strings.TrimSpace(after), "/")
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs a server in this process until it is stopped, or the test ends.
func start(t *testing.T, run func(ctx context.Context, out io.Writer) error) *running {
	t.Helper()
	out := &output{ready: make(chan string, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, out) }()
	client := &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	stop := sync.OnceValue(func() error {
		client.CloseIdleConnections()
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })
	select {
	case base := <-out.ready:
		return &running{base, client, out, stop}
	case err := <-ended:
		ended <- err
		t.Fatalf("the server ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the server is not ready")
	}
	return nil
}

// startIn runs a server as its user does, over a folder.
func startIn(t *testing.T, folder string, args ...string) *running {
	t.Helper()
	return start(t, func(ctx context.Context, out io.Writer) error {
		return run(ctx, append([]string{"-addr", "127.0.0.1:0", "-data", folder}, args...), out, io.Discard)
	})
}

// answer is a response that was read.
type answer struct {
	*http.Response

	body string
}

func (s *running) do(t *testing.T, method, path, kind, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp, string(raw)}
}

func (s *running) get(t *testing.T, path string) answer {
	t.Helper()
	return s.do(t, http.MethodGet, path, "", "")
}

// create starts a backtest over the bundled hours.
func (s *running) create(t *testing.T, name string) backtesthttp.Backtest {
	t.Helper()
	a := s.do(t, http.MethodPost, "/api/v1/backtests", "application/json", `{"strategy":"`+name+
		`","data":"binance:BTC/USDT:1h","cash":{"value":"5000","currency":"USDT"},"fee_rate":"0.001","accept_gaps":true}`)
	if a.StatusCode != http.StatusCreated {
		t.Fatalf("create: %d %s", a.StatusCode, a.body)
	}
	return decode[backtesthttp.Backtest](t, a.body)
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// follow reads the events of a backtest until one is as wanted.
func (s *running) follow(t *testing.T, id string, enough func(backtesthttp.Backtest) bool) backtesthttp.Backtest {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/api/v1/backtests/"+id+"/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b backtesthttp.Backtest
	for lines := newLines(resp.Body); lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if b = decode[backtesthttp.Backtest](t, data); enough(b) {
				return b
			}
		}
	}
	t.Fatalf("the events ended with %+v", b)
	return b
}

func ended(b backtesthttp.Backtest) bool {
	return b.State == "done" || b.State == "failed" || b.State == "canceled"
}

// startChild runs a server in a process of its own.
func startChild(t *testing.T, folder string) (s *running, kill func()) {
	t.Helper()
	out := &output{ready: make(chan string, 1)}
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childFolder+"="+folder)
	child.Stdout, child.Stderr = out, out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	kill = sync.OnceFunc(func() {
		client.CloseIdleConnections()
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	t.Cleanup(kill)
	select {
	case base := <-out.ready:
		return &running{base: base, client: client, output: out}, kill
	case <-time.After(time.Minute):
		t.Fatalf("the child is not ready: %s", out)
	}
	return nil, nil
}

// countFiles counts the files of a folder by their ending.
func countFiles(t *testing.T, folder, ending string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*"+ending))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}
