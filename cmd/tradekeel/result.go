package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
)

// resultFormat is the version of result files. A change of meaning raises it.
const resultFormat = "tradekeel.result/1"

// maxResult bounds a result file in bytes.
const maxResult = 1 << 30

// result is what came of a run, as the answer and as a file. The file leaves the
// candles where they are; report finds them there again, and says so when they have
// changed.
type result struct {
	Format     string               `json:"format"`
	Version    string               `json:"version"`  // of the program
	Strategy   string               `json:"strategy"` // its own name
	From       string               `json:"strategy_from"`
	Document   json.RawMessage      `json:"document,omitempty"`
	Parameters []strategy.Parameter `json:"parameters"`
	Data       []origin             `json:"data"`
	Cash       money.Amount         `json:"cash"`
	Fee        decimal.Decimal      `json:"fee"` // fraction
	AcceptGaps bool                 `json:"accept_gaps"`
	WarmFrom   time.Time            `json:"warm_from,omitzero"`
	Signals    []message            `json:"signals,omitempty"`
	Final      money.Amount         `json:"final"`
	Stats      stats.Stats          `json:"stats"`
	Warnings   []string             `json:"warnings"`
	// Outcome is backtest.Encode; only in the file.
	Outcome []byte `json:"outcome,omitempty"`

	file string // where it was read
}

// newResult sums up a run.
func newResult(in *inputs, r *backtest.Result) *result {
	in.span(r.Data)
	out := &result{
		Format: resultFormat, Version: thisVersion().Version, Strategy: r.Strategy, From: in.strategy.name,
		Document: in.strategy.document, Parameters: r.Parameters, Data: in.origins, Cash: r.Cash, Fee: in.config.Fees.Taker,
		AcceptGaps: in.config.Gaps == backtest.AcceptGaps, WarmFrom: in.config.WarmFrom, Signals: signalsOf(in.config.Signals), Final: r.Final(), Stats: r.Stats, Warnings: r.Warnings,
	}
	if out.Warnings == nil {
		out.Warnings = []string{}
	}
	if out.Parameters == nil {
		out.Parameters = []strategy.Parameter{}
	}
	return out
}

// save writes the result with its outcome.
func (r *result) save(name string, run *backtest.Result) error {
	outcome, err := backtest.Encode(run)
	if err != nil {
		return err
	}
	whole := *r
	whole.Outcome = outcome
	return writeFile(name, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		return encoder.Encode(whole)
	})
}

// writeFile writes a file whole or not at all.
func writeFile(name string, write func(w io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".tradekeel-*")
	if errors.Is(err, os.ErrNotExist) {
		return tradekeel.ErrNotFound.With("", "there is no folder %s to write %s to", filepath.Dir(name), filepath.Base(name))
	}
	if err != nil {
		return err
	}
	const readable = 0o644
	err = write(file)
	err = errors.Join(err, file.Chmod(readable), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// readResult reads a result file.
func readResult(name string) (*result, error) {
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, tradekeel.ErrNotFound.With("RESULT", "there is no file %s; %q writes one", name, programName+" backtest --out")
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := &result{file: name}
	if err := json.NewDecoder(io.LimitReader(file, maxResult)).Decode(r); err != nil || r.Format == "" {
		return nil, tradekeel.Invalidf("RESULT", "%s is no result of %q", name, programName+" backtest --out")
	}
	if r.Format != resultFormat {
		return nil, tradekeel.Invalidf("RESULT", "%s has the format %q; this version reads %s", name, r.Format, resultFormat)
	}
	return r, nil
}

// read reads the candles of the run again, and with warm those before it that its
// indicators saw.
func (r *result) read(a *app, warm bool) ([]*market.Series, error) {
	var store *market.Store
	data := make([]*market.Series, len(r.Data))
	for i := range r.Data {
		o := &r.Data[i]
		key, err := market.ParseKey(o.Key)
		if err != nil {
			return nil, tradekeel.Invalidf("RESULT", "%s: data[%d]: %v", r.file, i, err)
		}
		if o.File == "" && store == nil {
			if store, err = a.openStore(); err != nil {
				return nil, err
			}
		}
		first := o.First
		if warm && !r.WarmFrom.IsZero() {
			first = r.WarmFrom
		}
		series, err := o.read(store, key, first, o.Last)
		if err != nil {
			return nil, err
		}
		data[i] = series.Between(first, o.Last)
	}
	return data, nil
}

// decode returns the whole result of the run.
func (r *result) decode(a *app) (*backtest.Result, error) {
	data, err := r.read(a, false)
	if err != nil {
		return nil, err
	}
	whole, err := backtest.Decode(r.Outcome, data)
	if errors.Is(err, backtest.ErrDataChanged) {
		return nil, backtest.ErrDataChanged.With("", "%s: the candles have changed since the run; run it again", r.file)
	}
	return whole, err
}

// inputs makes the run again, to ask it further questions.
func (r *result) inputs(a *app) (*inputs, error) {
	var l *loaded
	var err error
	if len(r.Document) > 0 {
		l, err = a.parseDocument(r.file, bytes.NewReader(r.Document))
	} else {
		l, err = a.load(r.From)
	}
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	for _, p := range r.Parameters {
		values[p.Name] = p.Value
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	in := &inputs{strategy: l, origins: r.Data}
	if in.config.Strategy, err = l.factory.Parse(raw); err != nil {
		return nil, err
	}
	if in.config.Data, err = r.read(a, true); err != nil {
		return nil, err
	}
	in.config.Cash, in.config.Fees, in.config.Signals = r.Cash, exchange.FlatFee(r.Fee), signalsFrom(r.Signals)
	if in.config.WarmFrom = r.WarmFrom; !r.WarmFrom.IsZero() {
		for _, o := range r.Data {
			if in.config.From.IsZero() || o.First.Before(in.config.From) {
				in.config.From = o.First
			}
		}
	}
	if r.AcceptGaps {
		in.config.Gaps = backtest.AcceptGaps
	}
	return in, nil
}

// period is "2021-01-01 to 2021-06-01", from the first open to the last close.
func period(o origin) string {
	if o.First.Equal(time.Time{}) {
		return "no bars"
	}
	return moment(o.First) + " to " + moment(o.Last)
}
