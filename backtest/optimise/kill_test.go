package optimise_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/backtest/optimise/optimisetest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// These tests run this test binary again as processes of their own: with childEnv set
// it only runs the study that the variable names.
const childEnv = "TRADEKEEL_TEST_OPTIMISE_CHILD"

func TestMain(m *testing.M) {
	if work := os.Getenv(childEnv); work != "" {
		if err := childRuns(work); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func hours() (*market.Series, error) {
	return market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
}

// backtests evaluates the SMA cross over the example's hours.
func backtests(series *market.Series) optimise.Backtests {
	return optimise.Backtests{Factory: smacross.Strategy, Config: backtest.Config{
		Data: []*market.Series{series}, Cash: money.MustParse("10000 USDT"),
		Fees: exchange.FlatFee(decimal.New(1, -3)), Gaps: backtest.AcceptGaps,
	}}
}

func smaStudy(method optimise.Method) optimise.Study {
	s := optimise.Study{
		Strategy: "sma_cross", Method: method, Seed: 11,
		Space: []optimise.Axis{optimise.Over("fast", 2, 40, 1), optimise.Over("slow", 10, 200, 10)},
		Where: []string{"fast < slow"}, Require: []string{"trades >= 20", "max_drawdown >= -0.5"},
		Objectives: []optimise.Objective{{Figure: "sharpe"}, {Figure: "max_drawdown"}},
	}
	if method != optimise.Grid {
		s.Runs = 400
	}
	return s
}

// logged is backtests that print a line for each run before it begins.
type logged struct{ optimise.Backtests }

func (l logged) EvaluateBatch(ctx context.Context, points []optimise.Params) ([]optimise.Outcome, error) {
	for _, p := range points {
		fmt.Println(p)
	}
	return l.Backtests.EvaluateBatch(ctx, points)
}

// childRuns goes on with a study. Work is the folder of the store and the method.
func childRuns(work string) error {
	folder, method, _ := strings.Cut(work, "|")
	series, err := hours()
	if err != nil {
		return err
	}
	store, err := optimise.OpenFile(folder)
	if err != nil {
		return err
	}
	_, err = optimise.Run(context.Background(), optimise.Config{
		Study: smaStudy(optimise.Method(method)), Evaluator: logged{backtests(series)}, Store: store, ID: "killed", Workers: 3,
	})
	return err
}

// TestKilled kills a process that runs a study again and again, as kill -9 does. What was
// stored before a kill is not run again, and the end is that of a study that nobody
// killed, byte for byte.
func TestKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	ok(t, err)
	series, err := hours()
	ok(t, err)
	for _, method := range []optimise.Method{optimise.Grid, optimise.Random, optimise.TPE, optimise.CMAES} {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			whole := &optimise.Memory{}
			want, err := optimise.Run(t.Context(), optimise.Config{Study: smaStudy(method), Evaluator: backtests(series), Store: whole, ID: "killed"})
			ok(t, err)
			folder := t.TempDir()
			store := openFile(t, folder)
			kills, amid := 0, 0
			for done := false; !done; {
				stored := map[string]bool{}
				rows := 0
				if summary, err := optimise.Summarise(t.Context(), store, "killed"); err == nil {
					for r, err := range store.Rows(t.Context(), "killed", 0) {
						ok(t, err)
						stored[summary.Params(r).String()] = true
						rows++
					}
				}
				if rows > 0 && rows < int(want.Runs) {
					amid++
				}
				cmd := exec.Command(self)
				cmd.Env = append(os.Environ(), childEnv+"="+folder+"|"+string(method))
				out, err := cmd.StdoutPipe()
				ok(t, err)
				ok(t, cmd.Start())
				lines := bufio.NewScanner(out)
				again := func() {
					if strings.HasPrefix(lines.Text(), "error:") {
						t.Fatal(lines.Text())
					}
					if stored[lines.Text()] {
						t.Errorf("%s was stored, and ran again", lines.Text())
					}
				}
				// The kill falls behind another run each time, and a little later each time.
				for n := 0; n < 20+kills*37%80 && lines.Scan(); n++ {
					again()
				}
				for start := time.Now(); time.Since(start) < time.Duration(kills*37%1500)*time.Microsecond; {
					runtime.Gosched()
				}
				ok(t, cmd.Process.Kill())
				for lines.Scan() {
					again()
				}
				if done = cmd.Wait() == nil; !done {
					kills++
				}
				if kills > 200 {
					t.Fatal("the study does not come to an end")
				}
			}
			got := optimisetest.Rows(t, store, "killed", 0)
			expected := optimisetest.Rows(t, whole, "killed", 0)
			if len(got) != len(expected) {
				t.Fatalf("there are %d rows, want %d", len(got), len(expected))
			}
			for i := range got {
				if !bytes.Equal(got[i], expected[i]) {
					t.Fatalf("row %d differs", i)
				}
			}
			t.Logf("%d rows, %d kills, %d of them amid the rows", len(got), kills, amid)
			if amid < 2 {
				t.Errorf("only %d kills were amid the rows", amid)
			}
		})
	}
}
