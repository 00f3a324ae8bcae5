package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
)

// The box that a curve is drawn in, and the most points of its line.
const (
	curveWidth  = 640
	curveHeight = 160
	curvePoints = 320
)

// sparkline is a small drawing of an equity curve.
type sparkline struct {
	Width, Height int
	Line, Area    string // SVG paths
	Base          string // the height of the starting balance
	Low, High     string // the extremes, for the text
}

// curve keeps the drawing of the demonstration, which does not change. It is safe
// for concurrent use.
type curve struct {
	mu    sync.Mutex
	drawn *sparkline
}

func (c *curve) of(ctx context.Context, service *backtest.Service, id backtest.ID) (*sparkline, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drawn == nil {
		result, err := service.Result(ctx, user, id)
		if err != nil {
			return nil, err
		}
		c.drawn = draw(result)
	}
	return c.drawn, nil
}

// draw takes the last value of each of equal stretches; nil without a curve.
func draw(r *backtest.Result) *sparkline {
	units := r.Equity.Units
	if len(units) == 0 {
		return nil
	}
	start, _ := r.Cash.Value.Float64()
	values := []float64{start}
	for i := range min(len(units), curvePoints) {
		last := (i+1)*len(units)/min(len(units), curvePoints) - 1
		values = append(values, units[last].Float64()/1e18)
	}
	low, high := start, start
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	height := func(v float64) string {
		if high == low {
			return fmt.Sprintf("%.1f", curveHeight/2.0)
		}
		return fmt.Sprintf("%.1f", curveHeight-(v-low)/(high-low)*curveHeight)
	}
	var line strings.Builder
	for i, v := range values {
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&line, "%s%.1f %s", command, float64(i)*curveWidth/float64(len(values)-1), height(v))
	}
	show := func(v float64) string {
		return decimal.NewFromFloat(v).StringFixed(0) + " " + string(r.Cash.Currency)
	}
	return &sparkline{
		Width: curveWidth, Height: curveHeight, Line: line.String(),
		Area: fmt.Sprintf("%sL%d %dL0 %dZ", line.String(), curveWidth, curveHeight, curveHeight),
		Base: height(start), Low: show(low), High: show(high),
	}
}
