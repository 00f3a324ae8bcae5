package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

func newDownload(a *app) *cobra.Command {
	var from, to, url string
	c := &cobra.Command{
		Use: "download SERIES", Short: "Download candles from a venue",
		Long: `Bring a series up to date with its venue, and ask again for each gap in it.

Candles are stored page by page; begun again after whatever end, it goes on where the
store ends. A candle that is still open is not stored. Without --from it goes on with
what is stored. The venue is the first part of the series' name: binance.`,
		Example:           "  tradekeel data download binance:ETH/USDT:1h --from 2024-01-01 --to 2024-01-08",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSeries,
		Annotations:       map[string]string{resumes: "what was stored stays, and the same command goes on from there"},
		RunE: func(c *cobra.Command, args []string) error {
			key, err := parseKey("SERIES", args[0])
			start, end, periodErr := parsePeriod(from, to)
			if err := errors.Join(err, periodErr); err != nil {
				return err
			}
			venue, err := a.venue(key, url)
			if err != nil {
				return err
			}
			store, err := a.makeStore()
			if err != nil {
				return err
			}
			want := source.Want{Timeframe: key.Timeframe, From: start, To: end}
			if want.Instrument, err = instrumentOf(key); err != nil {
				return err
			}
			if start.IsZero() {
				info, err := store.Info(key)
				if err != nil || info.Rows == 0 {
					return tradekeel.Invalidf("--from", "is missing, and the store has no %s to go on with", key)
				}
				want.From = info.First
			}
			return a.download(c.Context(), store, venue, want)
		},
	}
	flags := c.Flags()
	flags.StringVar(&from, "from", "", "the first candle opens at this `time` or later (default what is stored)")
	flags.StringVar(&to, "to", "", "the last candle closes at this `time` or earlier (default now)")
	flags.StringVar(&url, "url", "", "the `address` of the venue (default the venue's own)")
	return c
}

// venue is where a series is downloaded from.
func (a *app) venue(key market.Key, url string) (source.Candles, error) {
	const known = "binance"
	if key.Venue != known {
		return nil, tradekeel.Invalidf("SERIES", "candles of %q cannot be downloaded; those of %s can, such as binance:BTC/USDT:1h", key.Venue, known)
	}
	if url == "" {
		url = a.env(envBinance)
	}
	return newKlines(url)
}

// downloaded is the answer of a download.
type downloaded struct {
	Key       string     `json:"key"`
	Added     int        `json:"added"`
	Repaired  int        `json:"repaired"` // of those added, into gaps
	Requests  int        `json:"requests"`
	Retries   int        `json:"retries"`
	First     *time.Time `json:"first"`
	Last      *time.Time `json:"last"`
	Gaps      []gapText  `json:"gaps"`
	Confirmed bool       `json:"gaps_confirmed"` // the venue was asked for each gap and has not got it
}

func (a *app) download(ctx context.Context, store *market.Store, venue source.Candles, want source.Want) error {
	key := market.Key{Venue: want.Instrument.Venue, Symbol: want.Instrument.Symbol, Timeframe: want.Timeframe}
	bar := a.bar("download "+key.String(), "candles")
	length := want.Timeframe.Close(want.Timeframe.Open(want.From.UnixNano())) - want.Timeframe.Open(want.From.UnixNano())
	report, err := source.Download(ctx, venue, store, want, source.DownloadOptions{
		Rate: klinesRate(),
		Progress: func(p source.DownloadProgress) {
			bar.Show(int64(p.At.Sub(p.From))/length, int64(p.To.Sub(p.From))/length)
		},
	})
	bar.Clear()
	if report == nil || err != nil && report.Requests == 0 {
		return err
	}
	answer := downloaded{
		Key: key.String(), Added: report.Added, Repaired: report.Repaired, Requests: report.Requests, Retries: report.Retries,
		Gaps: gapTexts(report.Gaps), Confirmed: report.Confirmed,
	}
	if !report.First.IsZero() {
		answer.First, answer.Last = &report.First, &report.Last
	}
	return errors.Join(err, a.print(answer, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d added", key, report.Added)
		if report.Repaired > 0 {
			fmt.Fprintf(w, " (%d into gaps)", report.Repaired)
		}
		fmt.Fprintf(w, ", %s", counted(report.Requests, "request"))
		if report.Retries > 0 {
			fmt.Fprintf(w, ", %d asked again", report.Retries)
		}
		fmt.Fprintln(w)
		if answer.First != nil {
			fmt.Fprintf(w, "from %s to %s\n", moment(report.First), moment(report.Last))
		}
		drawGaps(w, report.Gaps)
		if report.Confirmed && len(report.Gaps) > 0 {
			fmt.Fprintln(w, "The venue does not have the candles of the gaps.")
		}
	}))
}
