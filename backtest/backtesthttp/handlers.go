package backtesthttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/report"
)

type createInput struct {
	Body Creation
}

type createOutput struct {
	Location string `header:"Location" doc:"Where the backtest is."`
	Body     Backtest
}

func (rt *Routes) create(ctx context.Context, in *createInput) (*createOutput, error) {
	// Who may not create learns that first, not what is wrong with the input.
	if !tradekeel.ActorFrom(ctx).Signed() {
		return nil, tradekeel.ErrUnauthenticated
	}
	spec, err := specOf(&in.Body)
	if err != nil {
		return nil, err
	}
	b, err := rt.service.Create(ctx, tradekeel.ActorFrom(ctx), spec)
	if err != nil {
		return nil, renamed(err)
	}
	return &createOutput{Location: rt.config.BasePath + "/backtests/" + string(b.ID), Body: backtestOf(&b)}, nil
}

// specOf reads a request, and tells every fault of its form.
func specOf(c *Creation) (backtest.Spec, error) {
	spec := backtest.Spec{Strategy: c.Strategy, AcceptGaps: c.AcceptGaps}
	var wrong []error
	var err error
	if len(c.Params) > 0 && !bytes.Equal(c.Params, []byte("null")) {
		spec.Params = json.RawMessage(c.Params)
	}
	if spec.Data, err = market.ParseKey(c.Data); err != nil {
		wrong = append(wrong, at("data", err))
	}
	if spec.Cash.Value, err = money.ParseDecimal(c.Cash.Value); err != nil {
		wrong = append(wrong, at("cash.value", err))
	}
	if spec.Cash.Currency, err = money.ParseCurrency(c.Cash.Currency); err != nil {
		wrong = append(wrong, at("cash.currency", err))
	}
	spec.FeeRate = decimal.Zero
	if c.FeeRate != "" {
		if spec.FeeRate, err = money.ParseDecimal(c.FeeRate); err != nil {
			wrong = append(wrong, at("fee_rate", err))
		}
	}
	spec.From, spec.To = moment(c.From), moment(c.To)
	return spec, errors.Join(wrong...)
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// at names the field of the request that a fault is about.
func at(field string, err error) error {
	if e, ok := errors.AsType[*tradekeel.Error](err); ok {
		c := *e
		c.Field = field
		return &c
	}
	return err
}

// renamed gives the faults of a service the names of the request's fields.
func renamed(err error) error {
	faults := tradekeel.Violations(err)
	if tradekeel.KindOf(err) != tradekeel.Invalid || len(faults) == 0 {
		return err
	}
	out := make([]error, len(faults))
	for i, f := range faults {
		c := *f
		switch c.Field {
		case "fees.maker", "fees.taker":
			c.Field = "fee_rate"
		case "amount":
			c.Field = "cash.value"
		case "currency":
			c.Field = "cash.currency"
		}
		// The message of a refused gap names the setting in Go.
		c.Message = strings.Replace(c.Message, "(AcceptGaps)", "(accept_gaps)", 1)
		out[i] = &c
	}
	return errors.Join(out...)
}

type listInput struct {
	Size     int    `query:"size" minimum:"1" maximum:"500" default:"50" doc:"The most items of the page."`
	Cursor   string `query:"cursor" maxLength:"1000" doc:"next of the page before; left out, the first page."`
	Total    bool   `query:"total" doc:"Count the whole list, too."`
	State    string `query:"state" enum:"queued,running,done,failed,canceled" doc:"Only these."`
	Strategy string `query:"strategy" maxLength:"100" doc:"Only of this strategy."`
}

// BacktestPage is one page of backtests.
type BacktestPage struct {
	Items []Backtest `json:"items" nullable:"false"`
	Next  string     `json:"next,omitempty" doc:"The cursor of the page after; left out on the last."`
	Total *int64     `json:"total,omitempty" doc:"The length of the whole list, if asked for."`
}

type listOutput struct {
	Body BacktestPage
}

func (rt *Routes) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := rt.service.List(ctx, tradekeel.ActorFrom(ctx),
		backtest.Filter{State: backtest.State(in.State), Strategy: in.Strategy},
		tradekeel.PageRequest{Size: in.Size, Cursor: in.Cursor, Total: in.Total})
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: BacktestPage{Items: []Backtest{}, Next: page.Next, Total: page.Total}}
	for i := range page.Items {
		out.Body.Items = append(out.Body.Items, backtestOf(&page.Items[i]))
	}
	return out, nil
}

type idInput struct {
	ID string `path:"id" maxLength:"100" doc:"The id of a backtest." example:"bt_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
}

type backtestOutput struct {
	Body Backtest
}

func (rt *Routes) get(ctx context.Context, in *idInput) (*backtestOutput, error) {
	b, err := rt.service.Get(ctx, tradekeel.ActorFrom(ctx), backtest.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return &backtestOutput{backtestOf(&b)}, nil
}

func (rt *Routes) cancel(ctx context.Context, in *idInput) (*backtestOutput, error) {
	b, err := rt.service.Cancel(ctx, tradekeel.ActorFrom(ctx), backtest.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return &backtestOutput{backtestOf(&b)}, nil
}

func (rt *Routes) remove(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, rt.service.Delete(ctx, tradekeel.ActorFrom(ctx), backtest.ID(in.ID))
}

// reportPolicy lets the page run what it carries and nothing else. The sandbox
// gives it an origin of its own, so that its scripts cannot call the API as the
// reader. The page's own policy is narrower still: it names its scripts.
const reportPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-popups allow-downloads"

type reportOutput struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

func (rt *Routes) report(ctx context.Context, in *idInput) (*reportOutput, error) {
	result, err := rt.service.Result(ctx, tradekeel.ActorFrom(ctx), backtest.ID(in.ID))
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := report.HTML(&page, result); err != nil {
		return nil, err
	}
	return &reportOutput{ContentType: "text/html; charset=utf-8", Policy: reportPolicy, Body: page.Bytes()}, nil
}

type tradesInput struct {
	ID     string `path:"id" maxLength:"100" doc:"The id of a backtest." example:"bt_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Size   int    `query:"size" minimum:"1" maximum:"500" default:"50" doc:"The most items of the page."`
	Cursor string `query:"cursor" maxLength:"1000" doc:"next of the page before; left out, the first page."`
}

// TradePage is one page of round trips.
type TradePage struct {
	Items []Trade `json:"items" nullable:"false"`
	Next  string  `json:"next,omitempty" doc:"The cursor of the page after; left out on the last."`
	Total int64   `json:"total" doc:"The number of round trips in all."`
}

type tradesOutput struct {
	Body TradePage
}

// tradePosition is where a page of trades ended.
type tradePosition struct {
	Index int `json:"i"`
}

func (rt *Routes) trades(ctx context.Context, in *tradesInput) (*tradesOutput, error) {
	var from tradePosition
	if in.Cursor != "" {
		if err := tradekeel.DecodeCursor(in.Cursor, &from); err != nil {
			return nil, err
		}
	}
	result, err := rt.service.Result(ctx, tradekeel.ActorFrom(ctx), backtest.ID(in.ID))
	if err != nil {
		return nil, err
	}
	n := len(result.Trades)
	if from.Index < 0 || from.Index > n {
		return nil, tradekeel.Invalidf("cursor", "is not one that this list returned; leave it out for the first page")
	}
	last := min(from.Index+in.Size, n)
	out := &tradesOutput{Body: TradePage{Items: []Trade{}, Total: int64(n)}}
	for i := from.Index; i < last; i++ {
		out.Body.Items = append(out.Body.Items, tradeOf(&result.Trades[i]))
	}
	if last < n {
		out.Body.Next = tradekeel.EncodeCursor(tradePosition{last})
	}
	return out, nil
}

type explainInput struct {
	ID string    `path:"id" maxLength:"100" doc:"The id of a backtest." example:"bt_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	At time.Time `query:"at" required:"true" doc:"The last close at or before this time." example:"2021-03-04T09:00:00Z"`
}

type explainOutput struct {
	Body Explanation
}

func (rt *Routes) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	e, err := rt.service.Explain(ctx, tradekeel.ActorFrom(ctx), backtest.ID(in.ID), in.At)
	if err != nil {
		return nil, err
	}
	return &explainOutput{Explanation{e.Time, e.Action, e.Reason, e.String()}}, nil
}

// StrategyList is all strategies.
type StrategyList struct {
	Items []Strategy `json:"items" nullable:"false"`
}

type strategiesOutput struct {
	Body StrategyList
}

func (rt *Routes) strategies(ctx context.Context, _ *struct{}) (*strategiesOutput, error) {
	if !tradekeel.ActorFrom(ctx).Signed() {
		return nil, tradekeel.ErrUnauthenticated
	}
	out := &strategiesOutput{Body: StrategyList{Items: []Strategy{}}}
	for _, f := range rt.service.Strategies() {
		out.Body.Items = append(out.Body.Items, strategyOf(f))
	}
	return out, nil
}

// CandlesList is all stored series.
type CandlesList struct {
	Items []Candles `json:"items" nullable:"false"`
}

type candlesOutput struct {
	Body CandlesList
}

func (rt *Routes) candles(ctx context.Context, _ *struct{}) (*candlesOutput, error) {
	if !tradekeel.ActorFrom(ctx).Signed() {
		return nil, tradekeel.ErrUnauthenticated
	}
	keys, err := rt.service.Candles(ctx)
	if err != nil {
		return nil, err
	}
	out := &candlesOutput{Body: CandlesList{Items: []Candles{}}}
	for _, k := range keys {
		out.Body.Items = append(out.Body.Items, candlesOf(k))
	}
	return out, nil
}
