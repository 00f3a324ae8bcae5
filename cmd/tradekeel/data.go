package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

func newData(a *app) *cobra.Command {
	data := group(&cobra.Command{
		Use: "data", Short: "Import, download, list and verify candles",
		Long: `Candles are kept in a folder, the store. A series is named VENUE:SYMBOL:TIMEFRAME, such
as binance:BTC/USDT:1h.`,
		Example: "  tradekeel data ls",
	})
	data.AddCommand(newImport(a), newDownload(a), newList(a), newVerify(a))
	return data
}

// parseKey reads the name of a series; what says which argument it was.
func parseKey(what, text string) (market.Key, error) {
	key, err := market.ParseKey(text)
	if err != nil {
		return key, tradekeel.Invalidf(what, "must be a series such as binance:BTC/USDT:1h, got %q", text)
	}
	return key, nil
}

// instrumentOf makes the instrument that a series is of.
func instrumentOf(key market.Key) (*market.Instrument, error) {
	in, err := market.NewSpot(key.Symbol)
	if err != nil {
		return nil, err
	}
	in.Venue = key.Venue
	return in, nil
}

// stored is a series of the store in the answers.
type stored struct {
	Key   string     `json:"key"`
	Bars  int        `json:"bars"`
	First *time.Time `json:"first"` // opens; null without bars
	Last  *time.Time `json:"last"`
	Gaps  int        `json:"gaps"`
	Bytes int64      `json:"bytes"`
}

func newList(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "ls [SERIES...]", Short: "List the candles that are there",
		Example: "  tradekeel data ls\n  tradekeel data ls binance:BTC/USDT:1h --json",
		Args:    cobra.ArbitraryArgs, ValidArgsFunction: a.completeSeries,
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := a.openStore()
			if err != nil {
				return err
			}
			keys, err := wantedKeys(store, args)
			if err != nil {
				return err
			}
			all := make([]stored, 0, len(keys))
			for _, key := range keys {
				info, err := store.Info(key)
				if err != nil {
					return seriesError(store, key, err)
				}
				s := stored{Key: key.String(), Bars: info.Rows, Gaps: info.Gaps, Bytes: info.Bytes}
				if info.Rows > 0 {
					s.First, s.Last = &info.First, &info.Last
				}
				all = append(all, s)
			}
			return a.print(map[string]any{"series": all}, func(w io.Writer) { drawSeries(w, all) })
		},
	}
}

func drawSeries(w io.Writer, all []stored) {
	if len(all) == 0 {
		fmt.Fprintln(w, "There are no candles yet.")
		return
	}
	t := table{right: map[int]bool{3: true, 4: true, 5: true}}
	t.add("series", "first", "last", "bars", "gaps", "size")
	for _, s := range all {
		first, last := "–", "–"
		if s.First != nil {
			first, last = moment(*s.First), moment(*s.Last)
		}
		t.add(s.Key, first, last, grouped(s.Bars), grouped(s.Gaps), bytesText(s.Bytes))
	}
	t.draw(w)
}

// wantedKeys reads the names of series; all of the store's without one.
func wantedKeys(store *market.Store, args []string) ([]market.Key, error) {
	if len(args) == 0 {
		return store.List()
	}
	keys := make([]market.Key, len(args))
	var wrong []error
	for i, text := range args {
		key, err := parseKey("SERIES", text)
		wrong, keys[i] = append(wrong, err), key
	}
	return keys, errors.Join(wrong...)
}

// seriesError says what there is when a series is not.
func seriesError(store *market.Store, key market.Key, err error) error {
	if !errors.Is(err, market.ErrNoSeries) {
		return err
	}
	keys, listErr := store.List()
	if listErr != nil {
		return err
	}
	known := make([]string, len(keys))
	for i, k := range keys {
		known[i] = k.String()
	}
	const most = 20
	if len(known) > most {
		known = append(known[:most], "…")
	}
	return market.ErrNoSeries.With("", "there are no candles %s in the store; %s", key, meant(key.String(), known))
}

func newVerify(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check every checksum and candle of the store",
		Long:    `Check every checksum and every candle of the store. Damage ends it with exit code 4.`,
		Example: "  tradekeel data verify",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			store, err := a.openStore()
			if err != nil {
				return err
			}
			return a.verify(c.Context(), store)
		},
	}
}

func (a *app) verify(ctx context.Context, store *market.Store) error {
	bar := a.bar("verify", "series")
	series := 0
	err := store.Verify(ctx, func(done, total int) {
		series = total
		bar.Show(int64(done), int64(total))
	})
	bar.Clear()
	if err != nil && !errors.Is(err, market.ErrDamaged) {
		return err
	}
	damage := make([]string, 0)
	for _, f := range faultsOf(err) {
		damage = append(damage, f.String())
	}
	printErr := a.print(map[string]any{"series": series, "damage": damage}, func(w io.Writer) {
		if len(damage) == 0 {
			fmt.Fprintf(w, "%s, every checksum holds\n", seriesCount(series))
			return
		}
		for _, d := range damage {
			fmt.Fprintln(w, d)
		}
	})
	if printErr != nil {
		return printErr
	}
	if len(damage) > 0 {
		return &foundError{"the store is damaged in " + counted(len(damage), "place")}
	}
	return nil
}

// seriesCount is "1 series" or "2 series": the word has one form.
func seriesCount(n int) string {
	if n == 0 {
		return "no series"
	}
	return fmt.Sprintf("%d series", n)
}

// completeSeries offers the series of the store.
func (a *app) completeSeries(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	store, err := a.openStore()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	keys, err := store.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.String()
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// gapText is a gap in the answers.
type gapText struct {
	After   time.Time `json:"after"`
	Before  time.Time `json:"before"`
	Missing int       `json:"missing"`
}

func gapTexts(gaps []market.Gap) []gapText {
	out := make([]gapText, len(gaps))
	for i, g := range gaps {
		out[i] = gapText(g)
	}
	return out
}

// mostLines bounds what a report lists on a screen; JSON has all of it.
const mostLines = 10

// drawGaps lists gaps, the longest ones where there are many.
func drawGaps(w io.Writer, gaps []market.Gap) {
	if len(gaps) <= mostLines {
		for _, g := range gaps {
			fmt.Fprintf(w, "gap: %s\n", g)
		}
		return
	}
	longest := slices.SortedStableFunc(slices.Values(gaps), func(a, b market.Gap) int { return b.Missing - a.Missing })
	for _, g := range longest[:mostLines] {
		fmt.Fprintf(w, "gap: %s\n", g)
	}
	missing := 0
	for _, g := range longest[mostLines:] {
		missing += g.Missing
	}
	fmt.Fprintf(w, "and %d shorter gaps of %d candles in all\n", len(gaps)-mostLines, missing)
}

// parseTime reads a date or a moment in UTC.
func parseTime(flag, text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateTime} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, tradekeel.Invalidf(flag, "must be a date or a time in UTC, such as 2021-03-04 or 2021-03-04T09:00:00Z, got %q", text)
}

// parsePeriod reads two bounds; an empty one is none.
func parsePeriod(from, to string) (start, end time.Time, err error) {
	var wrong [2]error
	if from != "" {
		start, wrong[0] = parseTime("--from", from)
	}
	if to != "" {
		end, wrong[1] = parseTime("--to", to)
	}
	if err = errors.Join(wrong[:]...); err == nil && !start.IsZero() && !end.IsZero() && !start.Before(end) {
		err = tradekeel.Invalidf("--to", "must be after --from %s, got %s", from, to)
	}
	return start, end, err
}
