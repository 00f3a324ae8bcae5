package report

import (
	"bufio"
	"fmt"
	"io"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/trading"
)

// HTML writes a result as one HTML file that needs nothing else; see the package
// comment. A result that no run gives (nil, a series that is not valid, a trade
// without an instrument) is an Invalid error and nothing is written; the other
// errors are those of w. It changes neither result nor what it refers to, and
// may be called by several goroutines at once.
func HTML(w io.Writer, result *backtest.Result) error { return Options{}.HTML(w, result) }

// HTML writes a result as the function HTML does, with what the options add. Options
// that cannot be drawn are an Invalid error, and nothing is written.
func (o Options) HTML(w io.Writer, result *backtest.Result) error {
	if err := check(result); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	p := newPage(result)
	p.extra = o.plots()
	return flushed(w, p.write)
}

// flushed writes through a buffer.
func flushed(w io.Writer, write func(*bufio.Writer) error) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if err := write(out); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// check refuses what would make a report that lies or a panic.
func check(r *backtest.Result) error {
	if r == nil {
		return tradekeel.Invalidf("result", "is missing")
	}
	if len(r.Equity.Times) != len(r.Equity.Units) {
		return tradekeel.Invalidf("result.equity", "has %d times and %d values", len(r.Equity.Times), len(r.Equity.Units))
	}
	for i := 1; i < len(r.Equity.Times); i++ {
		if r.Equity.Times[i] <= r.Equity.Times[i-1] {
			return tradekeel.Invalidf("result.equity", "time %d does not rise", i)
		}
	}
	for i, s := range r.Data {
		if err := s.Validate(); err != nil {
			return tradekeel.Invalidf(fmt.Sprintf("result.data[%d]", i), "is not valid: %v", err).Because(err)
		}
	}
	for _, list := range []struct {
		name   string
		trades []trading.Trade
	}{{"trades", r.Trades}, {"open", r.Open}} {
		for i := range list.trades {
			if err := list.trades[i].Instrument.Validate(); err != nil {
				return tradekeel.Invalidf(fmt.Sprintf("result.%s[%d]", list.name, i), "is not valid: %v", err).Because(err)
			}
		}
	}
	return nil
}
