package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb/postgres"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "hush-hush"

func TestWrongURLsAreExplainedWithoutThePassword(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"": "is empty",
		"postgres://ann:" + password + "@[::1/db":                                  "the URL is wrong",
		"postgres://ann:" + password + "@host:port/db":                             "the URL is wrong",
		"postgres://ann:" + password + "%zz@host/db":                               "the URL is wrong",
		"postgres://ann:" + password + "/x@host/db":                                "the URL is wrong",
		"postgres://ann:" + password + "@host/db?sslmode=perhaps":                  "sslmode",
		"host=127.0.0.1 port=1 user=ann password=" + password + " sslmode=disable": "127.0.0.1:1/",
		"postgres://ann:" + password + "@127.0.0.1:1/db?sslmode=disable":           "127.0.0.1:1/db as ann does not answer",
		password: "URL",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		db, err := postgres.Open(ctx, url, postgres.Options{})
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want it to say %q", url, err, want)
		}
		for e := err; e != nil; {
			if url != "" && strings.Contains(e.Error(), password) {
				t.Errorf("%q: the password is in %v", url, e)
			}
			u, ok := e.(interface{ Unwrap() error })
			if !ok {
				break
			}
			e = u.Unwrap()
		}
		if db != nil {
			t.Errorf("%q: a database beside the error", url)
		}
	}
}

func TestAServerThatDoesNotAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), "postgres://ann@127.0.0.1:1/db?sslmode=disable", postgres.Options{})
	if !tradekeel.SafeToRetry(err) {
		t.Errorf("got %v: %v", tradekeel.KindOf(err), err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	name := dbtest.Schema(t)
	db := dbtest.PostgresIn(t, name, postgres.Options{MaxConns: 3})
	var schema, commit string
	if err := db.NewRaw("SELECT current_schema(), current_setting('synchronous_commit')").Scan(t.Context(), &schema, &commit); err != nil {
		t.Fatal(err)
	}
	if schema != name || commit != "on" || db.Unscoped().DB.Stats().MaxOpenConnections != 3 {
		t.Errorf("schema %s, synchronous_commit %s", schema, commit)
	}
}

func TestOpenRefusesWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	dbtest.Schema(t) // skips without a server
	for _, o := range []struct {
		url     string
		options postgres.Options
		want    string
	}{
		{dbtest.URL() + "&synchronous_commit=off", postgres.Options{}, "synchronous_commit=off"},
		{dbtest.URL(), postgres.Options{Schema: "tk_test_none"}, "create it first"},
		{dbtest.URL(), postgres.Options{Schema: `x"; DROP`}, "Schema must be"},
	} {
		if _, err := postgres.Open(t.Context(), o.url, o.options); err == nil || !strings.Contains(err.Error(), o.want) {
			t.Errorf("%v: %v, want it to say %q", o.options, err, o.want)
		}
	}
}
