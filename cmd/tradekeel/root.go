package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tradekeel/tradekeel/internal/suggest"
)

const programName = "tradekeel"

// newRoot builds the tree of commands.
func newRoot(a *app) *cobra.Command {
	root := group(&cobra.Command{
		Use:   programName,
		Short: "Keep candles, run strategies over them, see what came of it",
		Long: `Tradekeel keeps candles, runs strategies over them and shows what came of it.

Answers go to the standard output, progress and errors to the standard error. Every
command takes --json and then answers with one JSON document.

Exit codes:
` + exitCodes + `

Environment (flags come first):
` + environment,
		Example: "  tradekeel data import binance:BTC/USDT:1h examples/data/btcusdt_binance_1h.csv\n" +
			"  tradekeel backtest sma_cross --data binance:BTC/USDT:1h --accept-gaps",
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	})
	flags := root.PersistentFlags()
	flags.BoolVar(&a.asJSON, "json", false, "answer with one JSON document")
	flags.BoolVar(&a.plain, "no-progress", false, "write progress in lines instead of drawing it")
	flags.StringVar(&a.store, "store", "", "the `folder` of candles (default $TRADEKEEL_STORE, else the user's own folder)")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(usage)
	root.SetHelpCommand(&cobra.Command{
		Use: "help [COMMAND]", Short: "Tell about a command",
		Example:           "  tradekeel help backtest",
		ValidArgsFunction: completeCommands,
		RunE: func(c *cobra.Command, args []string) error {
			found, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 || found == nil {
				return unknownCommand(c.Root(), strings.Join(args, " "))
			}
			return found.Help()
		},
	})
	root.AddCommand(
		newData(a), newStrategies(a), newBacktest(a), newExplain(a), newReport(a), newCompare(a), newOptimise(a), newWalkForward(a),
		newMigrate(a), newVersion(a), newCompletion(),
	)
	for _, c := range allCommands(root) {
		c.DisableFlagsInUseLine = true
		if c.Args != nil {
			c.Args = argsError(c, c.Args)
		}
	}
	return root
}

// usage writes how a command is called: the end of its help.
func usage(c *cobra.Command) error {
	w := &errorWriter{w: c.OutOrStdout()}
	switch {
	case c.HasAvailableSubCommands() && c.Name() != "strategies":
		fmt.Fprintf(w, "Usage:\n  %s COMMAND [flags]\n", c.CommandPath())
	default:
		fmt.Fprintf(w, "Usage:\n  %s [flags]\n", c.UseLine())
	}
	if c.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", c.Example)
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintln(w, "\nCommands:")
		t := table{}
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				t.add("  "+sub.Name(), sub.Short)
			}
		}
		t.draw(w)
	}
	if c.HasAvailableLocalFlags() && c.HasParent() {
		fmt.Fprintf(w, "\nFlags:\n%s", c.LocalFlags().FlagUsages())
	}
	if c.HasParent() {
		fmt.Fprintf(w, "\nFlags of every command:\n%s", c.InheritedFlags().FlagUsages())
	} else {
		fmt.Fprintf(w, "\nFlags of every command:\n%s", c.PersistentFlags().FlagUsages())
	}
	if c.HasParent() {
		fmt.Fprintf(w, "\nExit codes and environment: %q.\n", c.Root().Name()+" help")
	} else {
		fmt.Fprintf(w, "\nMore about a command: %q.\n", c.Name()+" COMMAND --help")
	}
	return w.err
}

// allCommands is a command and everything below it.
func allCommands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		all = append(all, allCommands(sub)...)
	}
	return all
}

// group makes a command that does nothing without one of those below it.
func group(c *cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return unknownCommand(c, args[0])
	}
	return c
}

// usageError is a call that the program does not understand.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

func unknownCommand(c *cobra.Command, name string) error {
	var known []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			known = append(known, sub.Name())
		}
	}
	return usagef("there is no command %q; %s", name, meant(name, known))
}

// meant says which name was meant by a wrong one, or which there are.
func meant(name string, known []string) string {
	if best := suggest.Nearest(name, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return "there are none"
	}
	return "there are: " + strings.Join(known, ", ")
}

// flagError says what is wrong with a flag in one sentence.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				known = append(known, f.Name)
			}
		})
		if best := suggest.Nearest(name, known); best != "" {
			return usagef("there is no flag --%s; did you mean --%s?", name, best)
		}
		if len(name) == 1 {
			return usagef("there is no flag -%s", name)
		}
		return usagef("there is no flag --%s", name)
	case errors.As(err, &missing):
		f := missing.GetFlag()
		kind, _ := pflag.UnquoteUsage(f)
		return usagef("--%s: its value is missing, %s", f.Name, article(kind))
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		kind, _ := pflag.UnquoteUsage(f)
		if kind == "" {
			kind = "true or false"
		}
		return usagef("--%s: must be %s, got %q", f.Name, article(kind), invalid.GetValue())
	}
	return usagef("%s", err)
}

func article(kind string) string {
	switch {
	case kind == "true or false":
		return kind
	case kind == "int":
		return "a whole number"
	case strings.ContainsRune("aeiou", rune(kind[0])):
		return "an " + kind
	}
	return "a " + kind
}

// argsError says which arguments a command takes when it did not get them.
func argsError(c *cobra.Command, check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			form := strings.TrimPrefix(c.Use, c.Name())
			if form == "" {
				return usagef("it takes no arguments, got %q", args[0])
			}
			return usagef("it takes%s, got %s", form, counted(len(args), "argument"))
		}
		return nil
	}
}

func counted(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func completeCommands(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	found, _, err := c.Root().Find(args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, sub := range found.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name()+"\t"+sub.Short)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// version is what the answer to the command says.
type version struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func thisVersion() version {
	v := version{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	return v
}

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Tell which version this is", Example: "  tradekeel version",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := thisVersion()
			return a.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s %s, %s %s/%s\n", programName, v.Version, v.Go, v.OS, v.Arch)
			})
		},
	}
}

func newCompletion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish"}
	return &cobra.Command{
		Use: "completion bash|zsh|fish", Short: "Write the script that completes commands in a shell",
		Long: `Write the script that completes commands, flags, stored series and ready strategies.

  bash: source <(tradekeel completion bash)
  zsh:  tradekeel completion zsh > "${fpath[1]}/_tradekeel"
  fish: tradekeel completion fish > ~/.config/fish/completions/tradekeel.fish`,
		Example:   "  tradekeel completion bash",
		Args:      cobra.ExactArgs(1),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			root, out := c.Root(), c.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			}
			return usagef("there is no shell %q; %s", args[0], meant(args[0], shells))
		},
	}
}
