package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestGuide: the commands of the guide are those of the program.
func TestGuide(t *testing.T) {
	t.Parallel()
	const path = "../../docs/guides/command-line.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), "<!-- commands -->\n")
	_, after, end := strings.Cut(rest, "<!-- /commands -->")
	if !ok || !end {
		t.Fatal("the guide has no place for the commands")
	}
	want := before + "<!-- commands -->\n" + guide() + "<!-- /commands -->" + after
	if want == string(raw) {
		return
	}
	if !*update {
		t.Fatal("the guide is old: go test ./cmd/tradekeel -run Guide -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// guide is every command with its flags and examples, and the exit codes.
func guide() string {
	var b strings.Builder
	root := newRoot(&app{env: func(string) string { return "" }})
	fmt.Fprintf(&b, "\n## Exit codes\n\n```\n%s\n```\n\n## Environment\n\n```\n%s\n```\n\n", exitCodes, environment)
	fmt.Fprintf(&b, "## Flags of every command\n\n```\n%s```\n", root.PersistentFlags().FlagUsages())
	for _, c := range allCommands(root)[1:] {
		if c.Hidden {
			continue
		}
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n```\n%s\n```\n", c.CommandPath(), indentedAsCode(text), c.UseLine())
		if c.HasAvailableLocalFlags() {
			fmt.Fprintf(&b, "\n```\n%s```\n", c.LocalFlags().FlagUsages())
		}
		if c.Example != "" {
			fmt.Fprintf(&b, "\n```sh\n%s\n```\n", unindented(c.Example))
		}
	}
	b.WriteString("\n")
	return b.String()
}

func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}

// indentedAsCode makes the indented lines of a help text a block of code.
func indentedAsCode(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  ") {
			lines[i] = "  " + line
		}
	}
	return strings.Join(lines, "\n")
}

// TestHelp: every command says what it does, shows how it is called, and the help of
// one of them is what --help says.
func TestHelp(t *testing.T) {
	t.Parallel()
	root := newRoot(&app{env: func(string) string { return "" }})
	for _, c := range allCommands(root) {
		if c.Hidden {
			continue
		}
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s has no short text or no example", c.CommandPath())
		}
		args := slices.Concat(strings.Fields(c.CommandPath())[1:], []string{"--help"})
		out, err := exec.CommandContext(t.Context(), binary, args...).Output()
		if err != nil || !bytes.Contains(out, []byte("Examples:")) {
			t.Errorf("%s --help: %v\n%s", c.CommandPath(), err, out)
		}
	}
}

// TestExamples runs the examples of every help text as they stand, one after the other,
// in a folder with the bundled candles.
func TestExamples(t *testing.T) {
	t.Parallel()
	root := newRoot(&app{env: func(string) string { return "" }})
	server := httptest.NewServer(&venue{})
	t.Cleanup(server.Close)
	work := t.TempDir()
	env := map[string]string{}
	if err := environmentIn(work, func(key, value string) { env[key] = value }); err != nil {
		t.Fatal(err)
	}
	env[envBinance] = server.URL
	byCommand := map[string]string{}
	for _, c := range allCommands(root) {
		byCommand[c.CommandPath()] = c.Example
	}
	// What others read is written first.
	first := []string{"tradekeel data import", "tradekeel strategies show", "tradekeel backtest", "tradekeel migrate up"}
	for _, path := range first {
		runExamples(t, work, env, path, byCommand[path])
		delete(byCommand, path)
	}
	for _, c := range allCommands(root) {
		if example, ok := byCommand[c.CommandPath()]; ok {
			runExamples(t, work, env, c.CommandPath(), example)
		}
	}
}

func runExamples(t *testing.T, work string, env map[string]string, path, examples string) {
	t.Helper()
	for line := range strings.Lines(examples) {
		command := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", strings.TrimSpace(line))
		command.Dir = work
		for key, value := range env {
			command.Env = append(command.Env, key+"="+value)
		}
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v\n%s", path, strings.TrimSpace(line), err, out)
		}
	}
}
