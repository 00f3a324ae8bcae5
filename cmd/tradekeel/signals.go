package main

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
)

// message is a signal from outside, in a result.
type message struct {
	Time time.Time `json:"time"`
	Name string    `json:"name"`
}

func signalsOf(all []backtest.Signal) []message {
	out := make([]message, len(all))
	for i, s := range all {
		out[i] = message{s.Time, s.Name}
	}
	return out
}

func signalsFrom(all []message) []backtest.Signal {
	out := make([]backtest.Signal, len(all))
	for i, s := range all {
		out[i] = backtest.Signal{Name: s.Name, Time: s.Time}
	}
	return out
}

// readSignals reads a file of signals: a time and a name in each row, with or without a
// header, in any order.
func readSignals(name string) ([]backtest.Signal, error) {
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, tradekeel.ErrNotFound.With("--signals", "there is no file %s", name)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.FieldsPerRecord, reader.TrimLeadingSpace = 2, true
	var all []backtest.Signal
	var wrong []error
	for first := true; ; first = false {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, tradekeel.Invalidf("--signals", "%s: each row must be a time and a name: %v", name, err)
		}
		if first && row[0] == "time" {
			continue
		}
		line, _ := reader.FieldPos(0)
		at, err := parseTime("--signals", row[0])
		if err != nil || row[1] == "" {
			wrong = append(wrong, tradekeel.Invalidf("--signals", "%s:%d: must be a time in UTC and a name, got %q and %q", name, line, row[0], row[1]))
			continue
		}
		all = append(all, backtest.Signal{Name: row[1], Time: at})
	}
	slices.SortStableFunc(all, func(a, b backtest.Signal) int { return a.Time.Compare(b.Time) })
	return all, errors.Join(wrong...)
}
