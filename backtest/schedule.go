package backtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// Transfer is money that is paid in, or taken out where it is below zero.
type Transfer struct {
	Time   time.Time
	Amount money.Amount
}

// Actions are the dividends, splits and the delisting of a spot instrument whose prices are not
// adjusted for them.
type Actions struct {
	Symbol  string
	Actions []market.Action
}

// happening is one thing that comes at a time of its own.
type happening struct {
	at         int64
	rank       int // of those at one time: transfers, actions, marks, funding, interest
	instrument int32
	price      int64          // of a mark
	rate       exchange.Rate  // of funding
	action     *market.Action // of an action
	transfer   *exchange.Movement
}

const (
	rankTransfer = iota
	rankAction
	rankMark
	rankFunding
)

// schedule gathers what comes at times of its own, in its order.
func (r *run) schedule(instruments []*market.Instrument) error {
	c := &r.config
	find := func(field, symbol string) (int32, error) {
		i := slices.IndexFunc(instruments, func(in *market.Instrument) bool { return in.Symbol == symbol })
		if i < 0 {
			return 0, tradekeel.Invalidf(field, "is of %q, which the run has no candles of", symbol)
		}
		return int32(i), nil
	}
	for i, t := range c.Transfers {
		field := fmt.Sprintf("transfers[%d]", i)
		amount, err := exchange.ToUnits(field+".amount", t.Amount.Value)
		if err != nil {
			return err
		}
		kind := exchange.Deposit
		if amount.Sign() < 0 {
			kind = exchange.Withdrawal
		}
		if amount.Sign() == 0 || t.Amount.Currency != c.Cash.Currency {
			return tradekeel.Invalidf(field+".amount", "must be an amount of %s that is not zero, got %s", c.Cash.Currency, t.Amount)
		}
		at := t.Time.UnixNano()
		r.happenings = append(r.happenings, happening{at: at, rank: rankTransfer, transfer: &exchange.Movement{
			Kind: kind, Time: at, Instrument: -1, Currency: t.Amount.Currency, Amount: amount,
		}})
	}
	for i := range c.Actions {
		index, err := find(fmt.Sprintf("actions[%d]", i), c.Actions[i].Symbol)
		if err != nil {
			return err
		}
		for j := range c.Actions[i].Actions {
			a := &c.Actions[i].Actions[j]
			if err := a.Validate(); err != nil {
				return tradekeel.Invalidf(fmt.Sprintf("actions[%d].actions[%d]", i, j), "%v", err)
			}
			if a.Kind != market.Rename {
				r.happenings = append(r.happenings, happening{at: a.Date.UnixNano(), rank: rankAction, instrument: index, action: a})
			}
		}
	}
	for i, f := range c.Funding {
		field := fmt.Sprintf("funding[%d]", i)
		if err := f.Validate(); err != nil {
			return err
		}
		index, err := find(field, f.Symbol)
		if err != nil {
			return err
		}
		if instruments[index].Kind == market.Spot {
			return tradekeel.ErrUnsupported.With(field, "%s is spot; only perpetuals have funding", f.Symbol)
		}
		for k, at := range f.Time {
			r.happenings = append(r.happenings, happening{at: at, rank: rankFunding, instrument: index, rate: exchange.Rate(f.Rate[k])})
		}
	}
	for i, s := range c.Marks {
		field := fmt.Sprintf("marks[%d]", i)
		if err := s.Validate(); err != nil {
			return err
		}
		index, err := find(field, s.Instrument.Symbol)
		if err != nil {
			return err
		}
		if in := instruments[index]; in.PriceScale != s.Instrument.PriceScale {
			return tradekeel.Invalidf(field, "%s has %d decimals in prices, its candles have %d", s.Instrument, s.Instrument.PriceScale, in.PriceScale)
		}
		for k, at := range s.Closes() {
			r.happenings = append(r.happenings, happening{at: at, rank: rankMark, instrument: index, price: s.Close[k]})
		}
	}
	from, to := r.data[0].Time[0], int64(0)
	for _, s := range r.data {
		from = min(from, s.Time[0])
		to = max(to, s.Closes()[s.Len()-1])
	}
	r.happenings = slices.DeleteFunc(r.happenings, func(h happening) bool { return h.at < from || h.at > to })
	slices.SortStableFunc(r.happenings, func(a, b happening) int {
		switch {
		case a.at != b.at && a.at < b.at:
			return -1
		case a.at != b.at:
			return 1
		}
		return a.rank - b.rank
	})
	return nil
}

// happen lets everything come that is due by a time.
func (r *run) happen(until int64) error {
	for len(r.happenings) > 0 && r.happenings[0].at <= until {
		h := &r.happenings[0]
		r.happenings = r.happenings[1:]
		if err := r.accrue(h.at); err != nil {
			return err
		}
		var outcomes []matching.Outcome
		switch h.rank {
		case rankTransfer:
			outcomes = r.venue.Transfer(*h.transfer)
		case rankAction:
			outcomes = r.venue.Act(h.instrument, *h.action, h.at)
		case rankMark:
			outcomes = r.venue.Mark(h.instrument, h.price, h.at)
		default:
			outcomes = r.venue.Funding(h.instrument, h.rate, h.at)
		}
		if err := r.take(outcomes); err != nil {
			return err
		}
	}
	return r.accrue(until)
}

// accrue lets a margin account pay its interest.
func (r *run) accrue(at int64) error {
	if r.config.Account.Kind != exchange.MarginAccount {
		return nil
	}
	return r.take(r.venue.Accrue(at))
}
