package strategy

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// OrderOption says how Orders.Buy and Orders.Sell trade. Prices are exact; one that has
// more decimals than the instrument refuses the order. Bar.Level makes one of a value
// of an indicator.
type OrderOption func(*Intent)

// At sets a limit: the order trades at the price or better. Together with StopAt or
// TakeProfitAt it holds once the trigger is reached.
func At(price decimal.Decimal) OrderOption {
	return func(i *Intent) {
		i.Price = i.price("price", price)
		switch i.Type {
		case exchange.Stop:
			i.Type = exchange.StopLimit
		case exchange.TakeProfit:
			i.Type = exchange.TakeProfitLimit
		case exchange.Market:
			i.Type = exchange.Limit
		default: // it has one
		}
	}
}

// StopAt waits until the price rises to the trigger for a buy, and falls to it for a
// sell.
func StopAt(trigger decimal.Decimal) OrderOption {
	return triggered(trigger, exchange.Stop, exchange.StopLimit)
}

// TakeProfitAt waits until the price falls to the trigger for a buy, and rises to it
// for a sell. Traders call it market-if-touched, too.
func TakeProfitAt(trigger decimal.Decimal) OrderOption {
	return triggered(trigger, exchange.TakeProfit, exchange.TakeProfitLimit)
}

func triggered(trigger decimal.Decimal, plain, limited exchange.OrderType) OrderOption {
	return func(i *Intent) {
		i.Trigger = i.price("trigger", trigger)
		if i.Type = plain; i.Price != 0 {
			i.Type = limited
		}
	}
}

// TrailBy is a stop that follows the best price at a distance.
func TrailBy(distance decimal.Decimal) OrderOption {
	return func(i *Intent) { i.Type, i.Trail = exchange.TrailingStop, i.price("trail", distance) }
}

// TrailPercent is a stop that follows the best price at a part of it.
func TrailPercent(percent float64) OrderOption {
	return func(i *Intent) { i.Type, i.TrailRate = exchange.TrailingStop, exchange.Rate(share(percent)) }
}

// ActiveAt lets a trailing stop begin to follow once the price is as good as this.
func ActiveAt(price decimal.Decimal) OrderOption {
	return func(i *Intent) { i.Trigger = i.price("trigger", price) }
}

// PostOnly refuses to trade at once, so that the maker's fee holds.
func PostOnly() OrderOption { return func(i *Intent) { i.PostOnly = true } }

// ReduceOnly never opens or grows a position.
func ReduceOnly() OrderOption { return func(i *Intent) { i.ReduceOnly = true } }

// IOC trades what it can at once, and cancels the rest.
func IOC() OrderOption { return func(i *Intent) { i.InForce = exchange.ImmediateOrCancel } }

// FOK trades in full at once, or not at all.
func FOK() OrderOption { return func(i *Intent) { i.InForce = exchange.FillOrKill } }

// Until cancels what has not traded by a time.
func Until(t time.Time) OrderOption {
	return func(i *Intent) { i.InForce, i.Expires = exchange.GoodTillDate, t.UnixNano() }
}

// Because says why, for people who read the result.
func Because(reason string) OrderOption { return func(i *Intent) { i.Reason = reason } }

// For names the position of an account in hedge mode.
func For(side exchange.PositionSide) OrderOption { return func(i *Intent) { i.Position = side } }

// InGroup makes the order one of a group, of which one cancels the others. Get a group
// from Orders.Group.
func InGroup(g exchange.GroupID) OrderOption { return func(i *Intent) { i.Group = g } }

// After lets the order wait until another has traded.
func After(parent exchange.IntentID) OrderOption { return func(i *Intent) { i.Parent = parent } }

// WithStop adds a stop for all that is held, which waits until the order has traded. With
// WithTarget it is a bracket: one cancels the other.
func WithStop(trigger decimal.Decimal) OrderOption {
	return func(i *Intent) { i.stop = i.price("stop", trigger) }
}

// WithTarget adds a take-profit for all that is held, as WithStop adds a stop.
func WithTarget(trigger decimal.Decimal) OrderOption {
	return func(i *Intent) { i.target = i.price("target", trigger) }
}

// Remaining is what is still to trade, for Orders.Amend.
func Remaining(quantity decimal.Decimal) OrderOption {
	return func(i *Intent) { i.Size = OfQuantity(quantity) }
}

func (i *Intent) price(field string, price decimal.Decimal) int64 {
	units, err := i.Feed.Instrument().PriceUnits(price)
	if err == nil && units <= 0 {
		err = tradekeel.Invalidf(field, "must be above zero, got %s", price)
	}
	if err != nil {
		if i.fault == nil {
			i.fault = tradekeel.Invalidf(field, "%v", err)
		}
		return 0
	}
	return units
}

// Level returns the price nearest to a value that the instrument could trade at by the
// rules of the bar's close: on the tick. A value that is no price, not above half a
// tick for example, is zero, which every order refuses.
func (b Bar) Level(value float64) decimal.Decimal {
	return b.Instrument().Price(b.feed.Level(value))
}

// Level is Bar.Level in whole units at PriceScale.
func (f *Feed) Level(value float64) int64 {
	scaled := value * float64(wide.Pow10(f.Instrument().PriceScale))
	if !(scaled > 0 && scaled < 1<<62) {
		return 0
	}
	if f.limits == nil {
		f.limits = f.Instrument().Limits(false)
	}
	tick := f.limits.At(f.lastClose()).Tick
	units := int64(scaled + 0.5)
	return (units + tick/2) / tick * tick
}

func (f *Feed) lastClose() int64 {
	if f.closed == 0 {
		return 0
	}
	return f.series.Timeframe.Close(f.series.Time[f.closed-1])
}
