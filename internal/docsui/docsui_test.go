package docsui_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/internal/docsui"
)

// The page and all that it names come from this program, and the page is allowed
// to use nothing else.
func TestOffline(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	docsui.Register(mux, docsui.Config{Path: "/docs", Document: "/api.json", Title: "A & B", Home: "/"})
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w
	}
	page := get("/docs")
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "A &amp; B") || strings.Contains(page.Body.String(), "//") {
		t.Errorf("the page: %d %s", page.Code, page.Body)
	}
	if policy := page.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "http") {
		t.Errorf("the policy is %q", policy)
	}
	files := regexp.MustCompile(`/docs/[^"]+`).FindAllString(page.Body.String(), -1)
	if len(files) != 4 {
		t.Errorf("it names %v", files)
	}
	for _, file := range files {
		w := get(file)
		if w.Code != http.StatusOK || w.Body.Len() == 0 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/") {
			t.Errorf("%s: %d %s", file, w.Code, w.Header().Get("Content-Type"))
		}
	}
}
