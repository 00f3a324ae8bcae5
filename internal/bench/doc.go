// Package bench measures the indicators beside go-talib, a translation of TA-Lib's
// code into Go (MIT), and beside plain loops, and compares the values of both. It is
// a module of its own, so that nothing of it weighs on who uses the library.
//
//	go -C internal/bench test ./...                 # the values agree, the table is complete
//	go -C internal/bench test -run '^$' -bench .    # 5,256,000 bars: ten years of minutes
//	go -C internal/bench test -run '^$' -bench . -short
//
// Each row reports ns/bar; the row ours also ratio, its time by that of go-talib in
// the same run: below 1 it is the faster one. Both make the slices that they fill.
// A table comes out of it with
//
//	go -C internal/bench test -run '^$' -bench Indicators | grep ratio
package bench
