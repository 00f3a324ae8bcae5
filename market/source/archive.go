package source

import (
	"strings"
	"time"

	"github.com/tradekeel/tradekeel/market"
)

// archive is what the name of a file of Binance Vision says:
// BTCUSDT-1m-2024-01.zip, BTCUSDT-aggTrades-2024-01-05.zip.
type archive struct {
	symbol    string // without the suffix of a contract: BTCUSD of BTCUSD_PERP
	kind      string // aggTrades, trades or ""
	trades    bool
	timeframe market.Timeframe // of candles
	period    market.Period
	days      int // 1 for a file of a day, 0 for one of a month
}

// parseArchive reads the name of a zip file, or of the CSV file out of one.
func parseArchive(name string) (archive, bool) {
	stem, zipped := strings.CutSuffix(name, ".zip")
	if !zipped {
		var plain bool
		if stem, plain = strings.CutSuffix(strings.TrimSuffix(name, ".gz"), ".csv"); !plain {
			return archive{}, false
		}
	}
	parts := strings.SplitN(stem, "-", 3)
	if len(parts) != 3 {
		return archive{}, false
	}
	a := archive{kind: parts[1]}
	a.symbol, _, _ = strings.Cut(parts[0], "_")
	switch a.kind {
	case "aggTrades", "trades":
		a.trades = true
	default:
		// Vision writes months as 1mo, since 1m and 1M are one name on some disks.
		tf, err := market.ParseTimeframe(strings.Replace(a.kind, "mo", "M", 1))
		if err != nil {
			return archive{}, false
		}
		a.kind, a.timeframe = "", tf
	}
	if from, err := time.Parse("2006-01", parts[2]); err == nil {
		a.period = market.Period{From: from, To: from.AddDate(0, 1, 0)}
		return a, true
	}
	from, err := time.Parse(time.DateOnly, parts[2])
	if err != nil {
		return archive{}, false
	}
	a.days, a.period = 1, market.Period{From: from, To: from.AddDate(0, 0, 1)}
	return a, true
}
