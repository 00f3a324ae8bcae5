//go:build unix

package report_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/report"
	"github.com/tradekeel/tradekeel/strategy"
)

// browser returns the path of a Chromium, or skips the test. Where
// TRADEKEEL_REQUIRE_BROWSER is 1, its absence is a failure.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "google-chrome", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const absent = "no chromium, google-chrome or chromium-browser in PATH: pages are not opened"
	if os.Getenv("TRADEKEEL_REQUIRE_BROWSER") == "1" {
		t.Fatal(absent)
	}
	t.Skip(absent)
	return ""
}

// reporter stands in the test's copy of a page, before all other scripts. It
// gathers what goes wrong and tells the page around it what it sees.
const reporter = `
(function () {
  const wrong = [];
  addEventListener("error", (e) => wrong.push("error: " + e.message));
  addEventListener("unhandledrejection", (e) => wrong.push("rejection: " + e.reason));
  addEventListener("securitypolicyviolation", (e) => wrong.push("policy: " + e.violatedDirective + " " + e.blockedURI));
  for (const level of ["error", "warn"]) console[level] = (...what) => wrong.push(level + ": " + what.join(" "));
  let plain = "";
  new MutationObserver((_, watch) => {
    const body = document.querySelector("#table tbody");
    if (!body || !document.getElementById("tk-meta")) return;
    watch.disconnect();
    plain = rows(body);
  }).observe(document, { childList: true, subtree: true });
  function rows(body) {
    return JSON.stringify([...body.rows].slice(0, 25).map((row) => [...row.cells].map((cell) => cell.textContent + "|" + (cell.classList.contains("n") ? cell.title : ""))));
  }
  function drawn(id) {
    const found = document.getElementById(id);
    if (!found) return -1;
    let most = 0;
    for (const canvas of found.querySelectorAll("canvas")) {
      if (canvas.width === 0 || canvas.height === 0) continue;
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      const seen = new Set();
      for (let i = 0; i < pixels.length; i += 4) seen.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
      most = Math.max(most, seen.size);
    }
    return most;
  }
  const later = (ms) => new Promise((done) => setTimeout(done, ms));
  // Frames come when the machine has time for them.
  const shown = async (id) => {
    for (let i = 0; i < 50 && document.getElementById(id) && drawn(id) < 3; i++) await later(100);
  };
  addEventListener("load", async () => {
    await later(300);
    await shown("equity-chart");
    await shown("price-chart");
    const root = document.documentElement, look = () => getComputedStyle(document.body).backgroundColor;
    const told = {
      ready: root.dataset.ready === "true", broken: root.dataset.broken || "", width: innerWidth,
      overflow: root.scrollWidth - innerWidth, equity: drawn("equity-chart"), price: drawn("price-chart"),
      headings: document.querySelectorAll("h1").length, elements: document.querySelectorAll("img,iframe,object,embed,link").length,
    };
    const body = document.querySelector("#table tbody");
    if (body) {
      told.same = plain.replaceAll("Show in the chart", "") === rows(body).replaceAll("Show in the chart", "");
      if (!told.same) told.rows = plain.slice(0, 700) + " and " + rows(body).slice(0, 700);
      told.scrolled = scrollY;
      body.rows[0].cells[2].click();
      for (const head of document.querySelectorAll("[data-sort] button")) for (const _ of [1, 2]) head.click();
      for (const filter of ["won", "lost", "long", "short", "open", "all"]) {
        const select = document.getElementById("filter");
        select.value = filter;
        select.dispatchEvent(new Event("change"));
      }
      await later(300);
      told.selected = document.getElementById("selected").textContent;
    }
    const select = document.getElementById("series");
    if (select) for (const option of [...select.options].reverse()) {
      select.value = option.value;
      select.dispatchEvent(new Event("change"));
      await later(100);
    }
    for (const button of document.querySelectorAll("[data-chart], [data-do]")) button.click();
    const first = look(), theme = document.getElementById("theme");
    told.plots = [...document.querySelectorAll(".plot > svg")].filter((svg) => svg.getBoundingClientRect().width < 100).length;
    if (theme) theme.click();
    await later(200);
    await shown("equity-chart");
    await shown("price-chart");
    told.themes = [first, look()];
    told.dark_equity = drawn("equity-chart");
    told.dark_price = drawn("price-chart");
    told.wrong = wrong;
    parent.postMessage(JSON.stringify(told), "*");
  });
})();
`

// sighting is what the reporter tells.
type sighting struct {
	Ready      bool     `json:"ready"`
	Broken     string   `json:"broken"`
	Width      int      `json:"width"`
	Overflow   int      `json:"overflow"`
	Equity     int      `json:"equity"`      // colours of the chart
	Price      int      `json:"price"`       // colours of the chart
	DarkEquity int      `json:"dark_equity"` // after the switch of theme
	DarkPrice  int      `json:"dark_price"`
	Headings   int      `json:"headings"`
	Elements   int      `json:"elements"` // that the page has none of
	Same       *bool    `json:"same"`     // rows with and without JavaScript
	Rows       string   `json:"rows"`
	Selected   string   `json:"selected"`
	Themes     []string `json:"themes"`
	Wrong      []string `json:"wrong"`
	Plots      int      `json:"plots"` // that have no width
}

// open shows a page at a width and returns what the reporter saw.
func open(t *testing.T, page string, width int) sighting {
	t.Helper()
	chromium := browser(t)
	dir := t.TempDir()
	sum := sha256.Sum256([]byte(reporter))
	hash := html.EscapeString("'sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;") + "' ")
	hash = strings.ReplaceAll(hash, "&amp;#43;", "&#43;")
	if !strings.Contains(page, "script-src ") { // a page without scripts
		page = strings.Replace(page, "style-src ", "script-src ; style-src ", 1)
	}
	page = strings.Replace(page, "script-src ", "script-src "+hash, 1)
	if !strings.Contains(page, hash) {
		t.Fatal("there is no policy to add the reporter to")
	}
	page = strings.Replace(page, "<meta name=\"viewport\"", "<script>"+reporter+"</script>\n<meta name=\"viewport\"", 1)
	// A window cannot be as narrow as a telephone; a frame can.
	frame := fmt.Sprintf(`<!DOCTYPE html><title>frame</title><pre id="told">nothing</pre>
<script>addEventListener("message", (e) => { document.getElementById("told").textContent = e.data; });</script>
<iframe src="page.html" width="%d" height="900" style="border:0"></iframe>`, width)
	for name, text := range map[string]string{"page.html": page, "frame.html": frame} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	target := url.URL{Scheme: "file", Path: filepath.Join(dir, "frame.html")}
	dom := dump(t, chromium, filepath.Join(dir, "profile"), target.String(), "--virtual-time-budget=20000")
	found := regexp.MustCompile(`(?s)<pre id="told">(.*?)</pre>`).FindStringSubmatch(dom)
	var s sighting
	if found == nil {
		t.Fatalf("the browser shows %.500s", dom)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), &s); err != nil {
		t.Fatalf("the reporter told %.500s", found[1])
	}
	return s
}

// dump runs the browser without a network and returns the page's elements. It
// ends the browser and all it started when it does not come back.
func dump(t *testing.T, chromium, profile, target, wait string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir="+profile, "--window-size=2000,1000",
		wait, "--dump-dom", target)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	cmd.Cancel, cmd.WaitDelay = end, 5*time.Second
	out, err := cmd.Output()
	if cmd.Process != nil {
		_ = end() // what the browser left running
	}
	if err != nil {
		t.Fatalf("the browser failed: %v", err)
	}
	return string(out)
}

// several is a run over two instruments with a short trade put in by hand.
func several(t testing.TB) *backtest.Result {
	t.Helper()
	eth, btc := wave(t, "ETH/USDT", market.H4, 60), wave(t, "BTC/USDT", market.H1, 240)
	both := strategy.Define("two at once", func(_ planParams, s *strategy.Setup) (strategy.Instance, error) {
		return &pair{first: s.Main(), second: s.Bars("ETH/USDT", market.H4)}, nil
	})
	result := run(t, both, btc, eth)
	short := result.Trades[0]
	short.Side, short.EntryReason, short.ExitReason = -short.Side, "from above", "covered"
	result.Trades = append(result.Trades, short)
	return result
}

type pair struct {
	first, second *strategy.Feed
	at            int
}

func (p *pair) OnBar(_ strategy.Bar, o *strategy.Orders) {
	switch p.at % 20 {
	case 2:
		o.On(p.first).BuyMarket(strategy.CashPercent(40), "first in")
	case 4:
		o.On(p.second).BuyMarket(strategy.CashPercent(40), "second in")
	case 9:
		o.On(p.first).BuyMarket(strategy.CashPercent(20), "more of the first")
	case 12:
		o.On(p.first).Close("first out")
	case 15:
		o.On(p.second).Close("second out")
	}
	p.at++
}

// TestOptionsInABrowser: what options add, and pages that compare, fit every screen and
// break nothing.
func TestOptionsInABrowser(t *testing.T) {
	t.Parallel()
	for _, width := range []int{360, 1280} {
		for name, page := range map[string]func(testing.TB) string{
			"options": func(t testing.TB) string { t.Helper(); return optioned(t, options(), small(t)) },
			"compare": func(t testing.TB) string { t.Helper(); return comparedPage(t, runs(t)...) },
			"hostile": func(t testing.TB) string {
				t.Helper()
				return comparedPage(t, report.Run{Name: hostile[0], Result: attacked(t)}, report.Run{Name: strings.Repeat("W", 200), Result: attacked(t)})
			},
		} {
			t.Run(fmt.Sprintf("%s at %d", name, width), func(t *testing.T) {
				t.Parallel()
				browser(t)
				s := open(t, page(t), width)
				if len(s.Wrong) > 0 || s.Overflow > 0 || s.Broken != "" || s.Headings != 1 || s.Elements != 0 || s.Plots > 0 {
					t.Errorf("got %+v", s)
				}
			})
		}
	}
}

// timer tells when the page was ready, and when it was loaded.
const timer = `addEventListener("load", () => requestAnimationFrame(() => {
  document.documentElement.dataset.loaded = Math.round(performance.now());
}));`

// TestOpensQuickly: a report of a year of minutes with 100,000 trades is there in a
// second on a machine that does nothing else; the test allows a busy one six.
func TestOpensQuickly(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	s := strategy.Define("often", func(_ planParams, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &regular{every: 5}, nil
	})
	result := run(t, s, wave(t, "BTC/USDT", market.M1, 525_600))
	if len(result.Trades) < 100_000 {
		t.Fatalf("there are %d trades", len(result.Trades))
	}
	page := written(t, result)
	sum := sha256.Sum256([]byte(timer))
	hash := strings.ReplaceAll("&#39;sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"&#39; ", "+", "&#43;")
	page = strings.Replace(page, "script-src ", "script-src "+hash, 1)
	page = strings.Replace(page, "<meta name=\"viewport\"", "<script>"+timer+"</script>\n<meta name=\"viewport\"", 1)
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	target := url.URL{Scheme: "file", Path: path}
	best := time.Hour
	for range 3 {
		dom := dump(t, chromium, t.TempDir(), target.String(), "--timeout=20000")
		found := regexp.MustCompile(`data-loaded="(\d+)"`).FindStringSubmatch(dom)
		if found == nil {
			t.Fatalf("the page was not loaded: %.200s", dom)
		}
		took, err := time.ParseDuration(found[1] + "ms")
		if err != nil {
			t.Fatal(err)
		}
		best = min(best, took)
	}
	t.Logf("%d trades, %d bytes, loaded in %s", len(result.Trades), len(page), best)
	if best > 6*time.Second {
		t.Errorf("the page of %d trades took %s", len(result.Trades), best)
	}
}

func TestInABrowser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		width  int
		result func(testing.TB) *backtest.Result
		charts bool
	}{
		{"telephone", 360, small, true},
		{"wide", 1920, small, true},
		{"several instruments on a tablet", 768, several, true},
		{"hostile texts on a telephone", 360, attacked, true},
		{"hostile texts", 1280, attacked, true},
		{"a year of minutes", 1280, year, true},
		{"one bar", 1280, func(t testing.TB) *backtest.Result {
			t.Helper()
			return run(t, plan{}.strategy("one", ""), wave(t, "BTC/USDT", market.H1, 1))
		}, true},
		{"nothing", 360, func(testing.TB) *backtest.Result { return &backtest.Result{Strategy: "nothing"} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			browser(t)
			result := c.result(t)
			s := open(t, written(t, result), c.width)
			for _, wrong := range s.Wrong {
				t.Errorf("on the console: %s", wrong)
			}
			if !s.Ready || s.Width != c.width || s.Overflow > 0 {
				t.Errorf("ready: %v, width: %d, overflow: %d", s.Ready, s.Width, s.Overflow)
			}
			if s.Broken != "" || s.Headings != 1 || s.Elements != 0 {
				t.Errorf("a text broke out: %q, %d headings, %d foreign elements", s.Broken, s.Headings, s.Elements)
			}
			const colours = 3 // of a canvas that shows something
			if c.charts && (s.Equity < colours || s.Price < colours || s.DarkEquity < colours || s.DarkPrice < colours) {
				t.Errorf("colours of the charts: %d and %d, %d and %d after the switch", s.Equity, s.Price, s.DarkEquity, s.DarkPrice)
			}
			if s.Plots > 0 {
				t.Errorf("%d plots have no width", s.Plots)
			}
			if len(s.Themes) != 2 || s.Themes[0] == s.Themes[1] {
				t.Errorf("the themes are %v", s.Themes)
			}
			if len(result.Trades) > 0 {
				if s.Same == nil || !*s.Same {
					t.Errorf("the page with JavaScript shows other rows: %s", s.Rows)
				}
				if !strings.HasPrefix(s.Selected, "Trade 1: ") {
					t.Errorf("a click on the first trade shows %q", s.Selected)
				}
			}
		})
	}
}
