package i18n_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/i18n"
)

func TestMessageOf(t *testing.T) {
	t.Parallel()
	limit := &tradekeel.Error{Kind: tradekeel.Exhausted, Code: "x.limit", Message: "at most 3", Params: map[string]string{"limit": "3"}}
	fast := tradekeel.Invalidf("params.fast", "must be above 0")
	slow := tradekeel.Invalidf("params.slow", "must be below 9")
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"none", nil, `null`},
		{"one", limit, `[{"key":"x.limit","params":{"limit":"3"},"default":"at most 3"}]`},
		{"wrapped", fmt.Errorf("secret: %w", limit), `[{"key":"x.limit","params":{"limit":"3"},"default":"at most 3"}]`},
		{"all faults", errors.Join(fast, fmt.Errorf("in: %w", slow)), `[{"key":"invalid","field":"params.fast","default":"must be above 0"},{"key":"invalid","field":"params.slow","default":"must be below 9"}]`},
		{"by kind", tradekeel.ErrNotFound, `[{"key":"not_found","default":"not found"}]`},
		{"by kind, bare", &tradekeel.Error{Kind: tradekeel.Unavailable}, `[{"key":"unavailable","default":"unavailable"}]`},
		{"cause unseen", limit.Because(errors.New("secret")), `[{"key":"x.limit","params":{"limit":"3"},"default":"at most 3"}]`},
		{"unclassified", errors.New("secret"), `[{"key":"internal","default":"something went wrong on our side"}]`},
		{"internal", &tradekeel.Error{Code: "storage.internal", Message: "secret"}, `[{"key":"internal","default":"something went wrong on our side"}]`},
		{"canceled", context.Canceled, `[{"key":"canceled","default":"canceled"}]`},
	} {
		raw, err := json.Marshal(i18n.MessageOf(c.err))
		if err != nil || string(raw) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, raw, err, c.want)
		}
		if strings.Contains(string(raw), "secret") {
			t.Errorf("%s shows what is for logs", c.name)
		}
	}
	i18n.MessageOf(limit)[0].Params["limit"] = "4"
	if limit.Params["limit"] != "3" {
		t.Error("a message shares its values with the error")
	}
}
