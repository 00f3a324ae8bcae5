package backtest_test

import (
	"flag"
	"testing"
	"time"
)

// laws is how many cases of chance the laws of this package try, times what is usual.
var laws = flag.Int("laws", 1, "how many times the usual number of cases the laws of backtest try")

func sweeps() int {
	if testing.Short() {
		return 40 * *laws
	}
	return 150 * *laws
}

func unixNano(at int64) time.Time { return time.Unix(0, at).UTC() }
