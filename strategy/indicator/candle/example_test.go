package candle_test

import (
	"fmt"

	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
)

// A bot takes in one candle after the other: open, high, low, close.
func ExamplePattern_Definition() {
	live := indicator.NewIncremental(candle.Engulfing.Definition())
	for _, c := range [][4]float64{
		{101, 102, 99, 100}, {100, 101, 98, 99}, {99, 100, 96, 97}, {96, 100, 95, 99.5},
	} {
		fmt.Println(live.Update(c[0], c[1], c[2], c[3])[0])
	}
	// Output:
	// NaN
	// NaN
	// 0
	// 100
}
