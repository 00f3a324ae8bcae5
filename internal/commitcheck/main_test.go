package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

func TestObjection(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"feat: add the root vocabulary: errors, ids": "",
		"fix(money): round half to even":             "",
		"feat(exchange/matching)!: fills carry fees": "",
		"docs(backtest,report): say what a bar is":   "",
		"ci: run on two databases":                   "",
		`Revert "feat: add the root vocabulary"`:     "",
		"feat: " + strings.Repeat("é", 94):           "",
		"feat: " + strings.Repeat("é", 95):           "101 characters",
		"add things":                                 "begins with no type",
		"":                                           "begins with no type",
		"WIP":                                        "begins with no type",
		"Feat: capital":                              `"Feat" is no type`,
		"feature: long":                              `"feature" is no type`,
		"fix(): nothing in the scope":                "the scope ()",
		"fix(Money): capital":                        "the scope (Money)",
		"fix(a b): space":                            "the scope (a b)",
		"fix(money:round":                            "begins with no type",
		"fix:no space":                               "one space",
		"fix:  two spaces":                           "one space",
		"fix: ":                                      "does not say",
		"fix: it.":                                   "full stop",
	} {
		got := objection(subject)
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", subject, got, want)
		}
	}
}

// repository makes one with the given subjects and returns its folder.
func repository(t *testing.T, subjects ...string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	for _, subject := range subjects {
		git(t, dir, "commit", "--quiet", "--allow-empty", "--message", subject+"\n\nA body: of no form.")
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	settings := []string{
		"-c", "user.name=tester", "-c", "user.email=tester@example.com",
		"-c", "commit.gpgsign=false", "-c", "core.hooksPath=", "-c", "protocol.file.allow=always",
	}
	command := exec.CommandContext(t.Context(), "git", append(settings, args...)...)
	command.Dir = dir
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, said)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git here to make commits with")
	}
	dir := repository(t, "feat: one", "second", "fix(a): three")
	git(t, dir, "checkout", "--quiet", "-b", "side", "HEAD~1")
	git(t, dir, "commit", "--quiet", "--allow-empty", "--message", "test: on the side")
	git(t, dir, "merge", "--quiet", "--no-ff", "--message", "Merge branch 'main'", "main")
	shallow := t.TempDir()
	git(t, shallow, "clone", "--quiet", "--depth=1", "--branch=main", "file://"+dir, ".")
	for _, c := range []struct {
		name  string
		dir   string
		args  []string
		code  int
		words string
	}{
		{"whole history", dir, nil, 1, "second\n"},
		{"counts without merges", dir, nil, 1, "1 of 4 subjects"},
		{"a good range", dir, []string{"main~1..main"}, 0, "1 subjects are"},
		{"an empty range", dir, []string{"main..main"}, 0, "0 subjects are"},
		{"a shallow clone", shallow, nil, 0, "1 subjects are"},
		{"no such range", dir, []string{"gone..main"}, 2, "git log gone..main"},
		{"an option", dir, []string{"--output=x"}, 2, "usage"},
		{"too many", dir, []string{"a", "b"}, 2, "usage"},
		{"no repository", t.TempDir(), nil, 2, "git log HEAD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var said bytes.Buffer
			if code := run(t.Context(), c.dir, c.args, &said, &said); code != c.code {
				t.Errorf("code %d, want %d", code, c.code)
			}
			if !strings.Contains(said.String(), c.words) {
				t.Errorf("said %q, want %q in it", said.String(), c.words)
			}
		})
	}
}
