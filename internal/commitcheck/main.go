// Command commitcheck reads the subjects of commits and refuses those that are
// not in the form
//
//	type(scope): what
//
// where the scope is optional and "!" before the colon marks a breaking change.
//
//	go run ./internal/commitcheck              the whole history
//	go run ./internal/commitcheck main..HEAD   a range
//
// Merges are not looked at.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// types are what a commit can be, in the order in which they are told.
var types = []string{"feat", "fix", "perf", "refactor", "docs", "test", "build", "ci", "chore", "revert"}

// maxSubject is the length of a subject, in characters, that lists still show.
const maxSubject = 100

func main() {
	os.Exit(run(context.Background(), ".", os.Args[1:], os.Stdout, os.Stderr))
}

// run checks the history of the repository in dir and returns the exit code: 0
// is fine, 1 is a subject in another form, 2 is a wrong call.
func run(ctx context.Context, dir string, args []string, out, errs io.Writer) int {
	revisions := "HEAD"
	switch {
	case len(args) == 1 && !strings.HasPrefix(args[0], "-"):
		revisions = args[0]
	case len(args) > 0:
		fmt.Fprintln(errs, "usage: commitcheck [range]")
		return 2
	}
	commits, err := history(ctx, dir, revisions)
	if err != nil {
		fmt.Fprintln(errs, "commitcheck:", err)
		return 2
	}
	refused := 0
	for _, c := range commits {
		if why := objection(c.subject); why != "" {
			refused++
			fmt.Fprintf(errs, "%.12s %s\n             %s\n", c.hash, c.subject, why)
		}
	}
	if refused > 0 {
		fmt.Fprintf(errs, "commitcheck: %d of %d subjects are not in the form type(scope): what\n", refused, len(commits))
		return 1
	}
	fmt.Fprintf(out, "commitcheck: %d subjects are in the form type(scope): what\n", len(commits))
	return 0
}

type commit struct {
	hash    string
	subject string
}

// history returns the commits of a range, merges left out, newest first.
func history(ctx context.Context, dir, revisions string) ([]commit, error) {
	//nolint:gosec // the range is an argument of the caller's own shell, and --end-of-options keeps it from being an option
	log := exec.CommandContext(ctx, "git", "log", "--no-merges", "--format=%H %s", "--end-of-options", revisions, "--")
	log.Dir = dir
	listed, err := log.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return nil, fmt.Errorf("git log %s: %w: %s", revisions, err, strings.TrimSpace(string(exit.Stderr)))
		}
		return nil, fmt.Errorf("git log %s: %w", revisions, err)
	}
	var commits []commit
	for line := range strings.Lines(string(listed)) {
		hash, subject, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		commits = append(commits, commit{hash, subject})
	}
	return commits, nil
}

var (
	form     = regexp.MustCompile(`^([A-Za-z]+)(\([^()]*\))?(!)?:( *)(.*)$`)
	scope    = regexp.MustCompile(`^\([a-z0-9][a-z0-9/,._-]*\)$`)
	reverted = regexp.MustCompile(`^Revert ".+"$`) // what git revert writes
)

// objection says what is wrong with a subject, or "".
func objection(subject string) string {
	if reverted.MatchString(subject) {
		return ""
	}
	if n := utf8.RuneCountInString(subject); n > maxSubject {
		return fmt.Sprintf("has %d characters, the most is %d: say the rest in the body", n, maxSubject)
	}
	part := form.FindStringSubmatch(subject)
	switch {
	case part == nil:
		return "begins with no type; the form is type(scope): what"
	case !slices.Contains(types, part[1]):
		return fmt.Sprintf("%q is no type; the types are %s", part[1], strings.Join(types, ", "))
	case part[2] != "" && !scope.MatchString(part[2]):
		return fmt.Sprintf("the scope %s is no package or part in lower case", part[2])
	case part[4] != " ":
		return "one space follows the colon"
	case strings.TrimSpace(part[5]) == "":
		return "does not say what changed"
	case strings.HasSuffix(part[5], "."):
		return "ends in a full stop"
	}
	return ""
}
