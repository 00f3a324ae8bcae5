package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/templates"
)

// ready is a strategy that is there to begin with.
type ready struct {
	Name string `json:"name"`
	// Kind is "go" or "document".
	Kind       string               `json:"kind"`
	Portfolio  bool                 `json:"portfolio,omitempty"` // trades every instrument of a run
	Title      string               `json:"title,omitempty"`
	Text       string               `json:"description,omitempty"`
	Timeframe  string               `json:"timeframe,omitempty"`
	Parameters []strategy.Parameter `json:"parameters"`

	factory  strategy.Factory
	document []byte
}

// inGo are the ready strategies that are written in Go. They are there at once, while
// documents are read.
func inGo() []ready {
	var all []ready
	for _, f := range templates.Factories() {
		all = append(all, ready{Name: f.Name(), Kind: "go", Parameters: f.Parameters(), factory: f})
	}
	for _, f := range templates.PortfolioFactories() {
		all = append(all, ready{Name: f.Name(), Kind: "go", Portfolio: true, Parameters: f.Parameters(), factory: f})
	}
	return all
}

// catalogue is every ready strategy, sorted by name.
func catalogue() ([]ready, error) {
	all := inGo()
	for _, t := range templates.All() {
		d, err := document.Parse(t.Document)
		if err != nil {
			return nil, fmt.Errorf("the ready strategy %s: %w", t.ID, err)
		}
		all = append(all, ready{
			Name: t.ID, Kind: "document", Title: english(t.Name), Text: english(t.Text), Timeframe: d.Timeframe().String(),
			Parameters: d.Parameters(), factory: d, document: t.Document,
		})
	}
	slices.SortFunc(all, func(a, b ready) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func english(t i18n.Text) string {
	text, _ := t.In("en")
	return text
}

// find returns the ready strategy of a name; "smacross" and "SMA-cross" are "sma_cross".
func find(name string) (*ready, error) {
	wanted := plainName(name)
	for _, r := range inGo() {
		if plainName(r.Name) == wanted {
			return &r, nil
		}
	}
	all, err := catalogue()
	if err != nil {
		return nil, err
	}
	known := make([]string, len(all))
	for i := range all {
		if plainName(all[i].Name) == wanted {
			return &all[i], nil
		}
		known[i] = all[i].Name
	}
	return nil, tradekeel.ErrNotFound.With("STRATEGY", "there is neither a file nor a ready strategy %q; %s", name, meant(name, known))
}

func plainName(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// loaded is a strategy that a command was given.
type loaded struct {
	factory  strategy.Factory
	document []byte // nil for one in Go
	name     string // as it was given
}

// load finds a strategy: a file with a document, "-" for one on the standard input, or
// the name of a ready one.
func (a *app) load(name string) (*loaded, error) {
	if name == "-" {
		return a.parseDocument("the standard input", a.in)
	}
	file, err := os.Open(name)
	if err == nil {
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return a.parseDocument(name, file)
		}
	}
	if strings.HasSuffix(name, ".json") || strings.ContainsRune(name, os.PathSeparator) {
		if errors.Is(err, os.ErrNotExist) {
			return nil, tradekeel.ErrNotFound.With("STRATEGY", "there is no file %s", name)
		}
		if err != nil {
			return nil, tradekeel.Invalidf("STRATEGY", "cannot be read: %v", err)
		}
		return nil, tradekeel.Invalidf("STRATEGY", "%s is no file", name)
	}
	r, err := find(name)
	if err != nil {
		return nil, err
	}
	return &loaded{factory: r.factory, document: r.document, name: r.Name}, nil
}

func (a *app) parseDocument(name string, from io.Reader) (*loaded, error) {
	raw, err := io.ReadAll(io.LimitReader(from, document.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	d, err := document.Parse(raw)
	if err != nil {
		var all []error
		for _, v := range tradekeel.Violations(err) {
			where := name
			if v.Field != "" {
				where += ": " + v.Field
			}
			all = append(all, &tradekeel.Error{Kind: v.Kind, Code: v.Code, Field: where, Message: v.Message, Params: v.Params})
		}
		return nil, errors.Join(all...)
	}
	return &loaded{factory: d, document: raw, name: name}, nil
}

// with makes the strategy with values of parameters, such as "fast=20".
func (l *loaded) with(params []string) (strategy.Strategy, error) {
	raw, err := l.values(params)
	if err != nil {
		return nil, err
	}
	return l.factory.Parse(raw)
}

// values are the parameters of the command line as JSON.
func (l *loaded) values(params []string) (json.RawMessage, error) {
	values := map[string]json.RawMessage{}
	var wrong []error
	known := l.factory.Parameters()
	for _, text := range params {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			wrong = append(wrong, tradekeel.Invalidf("--param", "must be a name and a value such as fast=20, got %q", text))
			continue
		}
		if _, ok := values[name]; ok {
			wrong = append(wrong, tradekeel.Invalidf("--param", "%s is given twice", name))
		}
		values[name] = rawValue(known, name, value)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return json.Marshal(values)
}

// rawValue is a value as JSON: a text for a parameter that is one, and for what is no
// JSON, so that the strategy says what it would rather have.
func rawValue(known []strategy.Parameter, name, value string) json.RawMessage {
	i := slices.IndexFunc(known, func(p strategy.Parameter) bool { return p.Name == name })
	if (i < 0 || known[i].Type != "string") && json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	quoted, err := json.Marshal(value)
	if err != nil { // a text is always JSON
		return nil
	}
	return quoted
}

func newStrategies(a *app) *cobra.Command {
	c := &cobra.Command{
		Use: "strategies", Short: "List the ready strategies, show one, check a document",
		Long: `List the strategies that are there to begin with. They are starting points, not
advice: none was fitted to a market. docs/guides/strategies.md tells how to write one.`,
		Example: "  tradekeel strategies",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			all, err := catalogue()
			if err != nil {
				return err
			}
			return a.print(map[string]any{"strategies": all}, func(w io.Writer) { drawStrategies(w, all) })
		},
	}
	c.AddCommand(newShow(a), newCheck(a))
	return c
}

func drawStrategies(w io.Writer, all []ready) {
	var t table
	t.add("name", "timeframe", "what", "parameters")
	for i := range all {
		r := &all[i]
		what := r.Title
		switch {
		case r.Portfolio:
			what = "in Go, trades every instrument of a run"
		case r.Kind == "go":
			what = "in Go"
		}
		timeframe := r.Timeframe
		if timeframe == "" {
			timeframe = "any"
		}
		t.add(r.Name, timeframe, what, parameterText(r.Parameters))
	}
	t.draw(w)
}

// parameterText is "fast 10, slow 30".
func parameterText(all []strategy.Parameter) string {
	parts := make([]string, len(all))
	for i, p := range all {
		value := p.Value
		if value == nil {
			value = p.Default
		}
		parts[i] = fmt.Sprintf("%s %v", p.Name, value)
	}
	return strings.Join(parts, ", ")
}

func newShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "show STRATEGY", Short: "Show a ready strategy: its document, or its parameters",
		Example: "  tradekeel strategies show dip_in_uptrend > dip.json\n  tradekeel strategies show sma_cross",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: completeStrategies,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := find(args[0])
			if err != nil {
				return err
			}
			var v any = r
			if r.document != nil {
				v = json.RawMessage(r.document)
			}
			return a.print(v, func(w io.Writer) {
				if r.document != nil {
					fmt.Fprintln(w, strings.TrimSpace(string(r.document)))
					return
				}
				drawParameters(w, r.Parameters)
			})
		},
	}
}

func drawParameters(w io.Writer, all []strategy.Parameter) {
	t := table{}
	t.add("parameter", "type", "default", "range", "what")
	for _, p := range all {
		span := strings.Join(p.OneOf, ", ")
		if p.Min != nil || p.Max != nil {
			span = bound(p.Min) + " to " + bound(p.Max)
		}
		t.add(p.Name, p.Type, fmt.Sprint(p.Default), span, p.Text)
	}
	t.draw(w)
}

func bound(v *float64) string {
	if v == nil {
		return "any"
	}
	return fmt.Sprint(*v)
}

func newCheck(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "check FILE...", Short: "Check documents: every fault with its place",
		Long:    `Check strategy documents. Faults are told with their place, a line each, and the exit code is 4.`,
		Example: "  tradekeel strategies check dip.json",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.check(args) },
	}
}

// checked is what was found in one document.
type checked struct {
	File      string   `json:"file"`
	OK        bool     `json:"ok"`
	Name      string   `json:"name,omitempty"`
	Timeframe string   `json:"timeframe,omitempty"`
	Warmup    int      `json:"warmup,omitempty"` // bars before the first decision
	Needs     []string `json:"needs,omitempty"`
	Signals   []string `json:"signals,omitempty"`
	Faults    []fault  `json:"faults,omitempty"`
}

func (a *app) check(files []string) error {
	all := make([]checked, len(files))
	bad := 0
	for i, file := range files {
		c := &all[i]
		c.File = file
		var l *loaded
		var err error
		if file == "-" {
			l, err = a.load(file)
		} else {
			l, err = a.loadFile(file)
		}
		switch {
		case err == nil:
			d, _ := l.factory.(*document.Document)
			c.OK, c.Name, c.Timeframe, c.Warmup, c.Signals = true, d.Name(), d.Timeframe().String(), d.Warmup(), d.Signals()
			for _, n := range d.Needs() {
				c.Needs = append(c.Needs, n.String())
			}
		case tradekeel.KindOf(err) == tradekeel.Invalid:
			c.Faults = faultsOf(err)
			bad++
		default:
			return err
		}
	}
	err := a.print(map[string]any{"documents": all}, func(w io.Writer) { drawChecked(w, all) })
	if err == nil && bad > 0 {
		err = &foundError{counted(bad, "document") + " with faults"}
	}
	return err
}

// loadFile reads a document that must be a file, not a ready strategy.
func (a *app) loadFile(name string) (*loaded, error) {
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, tradekeel.ErrNotFound.With("FILE", "there is no file %s", name)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return a.parseDocument(name, file)
}

func drawChecked(w io.Writer, all []checked) {
	for i := range all {
		c := &all[i]
		for _, f := range c.Faults {
			fmt.Fprintln(w, f)
		}
		if !c.OK {
			continue
		}
		fmt.Fprintf(w, "%s: %q holds: %s, decides after %s", c.File, c.Name, c.Timeframe, counted(c.Warmup, "bar"))
		if len(c.Needs) > 0 {
			fmt.Fprintf(w, ", reads %s", strings.Join(c.Needs, ", "))
		}
		if len(c.Signals) > 0 {
			fmt.Fprintf(w, ", waits for the signals %s", strings.Join(c.Signals, ", "))
		}
		fmt.Fprintln(w)
	}
}

// completeStrategies offers the ready strategies, and files.
func completeStrategies(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	all, err := catalogue()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name + "\t" + all[i].Title
	}
	return names, cobra.ShellCompDirectiveDefault
}
