package stats_test

import (
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/stats"
)

// One run has as many Sharpe ratios as there are conventions.
func ExampleCompute() {
	in := days(1000, 1010, 1004, 1031, 1022, 1040, 1051, 1037, 1066, 1080)
	for _, c := range stats.Conventions() {
		s, err := stats.Compute(c, in)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%-15s Sharpe %s\n", s.Convention, s.Sharpe)
	}
	// Output:
	// crypto-365      Sharpe 11.04
	// quantstats-252  Sharpe 9.17
	// nautilus-252    Sharpe 9.17
	// freqtrade-2024  Sharpe –
	// freqtrade-2026  Sharpe 10.83
	// backtesting.py  Sharpe 3.06
}

// A bot tells its figures at any time, and goes on after a restart.
func ExampleLive() {
	day := time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC)
	live, err := stats.NewLive(decimal.NewFromInt(1000), day)
	if err != nil {
		log.Fatal(err)
	}
	for i, equity := range []int64{1010, 990, 1020, 1040} {
		if err := live.Add(day.AddDate(0, 0, i+1), decimal.NewFromInt(equity), true); err != nil {
			log.Fatal(err)
		}
	}
	saved, err := json.Marshal(live)
	if err != nil {
		log.Fatal(err)
	}
	var after stats.Live
	if err := json.Unmarshal(saved, &after); err != nil {
		log.Fatal(err)
	}
	fmt.Println(after.Stats())
	// Output:
	// crypto-365: return 4.0 %, CAGR 3483.4 %, Sharpe 8.89, Sortino 19.35, max drawdown -2.0 %, 0 trades
}
