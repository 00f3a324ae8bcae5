package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
)

// hostile are texts that would break out of an element, an attribute, a script
// or a line, if they could.
var hostile = []string{
	`</script><script>document.documentElement.dataset.broken="script"</script>`,
	`<img src=x onerror="document.documentElement.dataset.broken='img'">`,
	`"><svg onload=alert(1)>`,
	`' onmouseover='alert(1)' x='`,
	`</title></style></textarea><!-- <![CDATA[ --`,
	"line\u2028para\u2029nul\x00bell\x07\u202eback",
	"not utf-8: \xff\xfe",
	`{{.Title}} ${title} \u003c/script\u003e`,
	`</bdi></td></table><h1>taken over</h1>`,
}

// attacked is a run whose every text is hostile.
func attacked(t testing.TB) *backtest.Result {
	t.Helper()
	p := plan{}
	for i, text := range hostile {
		p[1+4*i], p[3+4*i] = buy(90, text), leave(text)
	}
	p[40] = buy(100, hostile[0])
	p[42] = buy(100, hostile[1])
	result := run(t, p.strategy(strings.Join(hostile, " "), strings.Join(hostile, "")), wave(t, "BTC/USDT", market.H1, 48))
	result.Warnings = append(result.Warnings, hostile...)
	result.Stats.Convention = hostile[0]
	return result
}

func TestHostileTextIsInert(t *testing.T) {
	t.Parallel()
	plain, page := written(t, small(t)), written(t, attacked(t))
	// What is there of every page is there as often.
	for _, part := range []string{"<script", "</script>", "<style", "<h1", "</h1>", "</title>", "</table>"} {
		want := strings.Count(plain, part)
		if got := strings.Count(page, part); got != want {
			t.Errorf("%q is there %d times, want %d", part, got, want)
		}
	}
	body := lean(page)
	for _, part := range []string{"<img", "<svg onload", "onerror=\"", "<!-- <", "\x00", "\x07", "\u202e", "\u2028", "\u2029", "\xff"} {
		if strings.Contains(body, part) {
			t.Errorf("%q is there", part)
		}
	}
	// The data says what the strategy said.
	var trades struct {
		Reasons []string `json:"reasons"`
	}
	if err := json.Unmarshal([]byte(blocks(page)["tk-trades"]), &trades); err != nil {
		t.Fatal(err)
	}
	if trades.Reasons[0] != hostile[0] {
		t.Errorf("the first reason is %q", trades.Reasons[0])
	}
}

var jsonBlock = regexp.MustCompile(`(?s)<script type="application/json" id="([^"]*)">(.*?)</script>`)

// blocks are the data of a page by id.
func blocks(page string) map[string]string {
	out := map[string]string{}
	for _, found := range jsonBlock.FindAllStringSubmatch(page, -1) {
		out[found[1]] = found[2]
	}
	return out
}

func TestPolicyAllowsTheScriptsOfThePage(t *testing.T) {
	t.Parallel()
	page := written(t, small(t))
	found := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatal("there is no policy")
	}
	policy := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(found[1])
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("the policy is loose: %s", policy)
	}
	hashes := 0
	for _, e := range element.FindAllStringSubmatch(page, -1) {
		if strings.Contains(e[2], "application/json") {
			continue
		}
		if e[2] != "" {
			t.Errorf("<%s%s> has attributes", e[1], e[2])
		}
		sum := sha256.Sum256([]byte(e[3]))
		hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !strings.Contains(policy, hash) {
			t.Errorf("the policy does not allow <%s>%.60s…", e[1], e[3])
		}
		hashes++
	}
	if all := strings.Count(policy, "sha256-"); all != hashes || hashes != 4 {
		t.Errorf("the policy has %d hashes for %d elements, want 4", all, hashes)
	}
}

// TestPageAsksForNothing looks for addresses of other things: there are links to
// click in the footer, and nothing that a browser loads by itself.
func TestPageAsksForNothing(t *testing.T) {
	t.Parallel()
	page := lean(written(t, small(t)))
	for _, loads := range []string{"src=", "<link", "<img", "<iframe", "@import", "url(", "<object", "<embed", "<base", "style="} {
		if strings.Contains(page, loads) {
			t.Errorf("the page has %s", loads)
		}
	}
	for _, link := range regexp.MustCompile(`.{6}https?://[^"\s<]*`).FindAllString(page, -1) {
		if !strings.HasPrefix(link, `href="`) {
			t.Errorf("%s is no link", link)
		}
	}
	for _, want := range []string{`href="https://www.tradingview.com/"`, "Lightweight Charts™", "TradingView, Inc."} {
		if !strings.Contains(page, want) {
			t.Errorf("the attribution lacks %s", want)
		}
	}
}
