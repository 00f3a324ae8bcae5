// Package document is strategies as data: what to buy and sell and when, said in a
// JSON document instead of in code.
//
//	{
//	  "name": "Dip in an uptrend", "version": 1, "timeframe": "1h",
//	  "params": {"fast": {"default": 50, "min": 10, "max": 100, "step": 5}},
//	  "let":    {"trend": {"ema": ["close", "$fast"]}, "rsi": {"rsi": ["close", 14]}},
//	  "enter":  {"long": {"all": [{"gt": ["close", "trend"]}, {"crosses_above": ["rsi", 30]}]}},
//	  "exit":   {"long": {"gt": ["rsi", 70]}},
//	  "size":   {"percent_of_equity": 20},
//	  "stop":   {"atr": [14, 2.5]}, "target": {"percent": 6}
//	}
//
// Parse checks a document whole and names every fault by its path. A Document is a
// strategy.Strategy with its defaults and a strategy.Factory, so that it runs, is
// stored and is optimised like a strategy in Go. Schema is the JSON Schema of the
// form, with every operator and indicator.
//
// # Values and conditions
//
// A value is a number, a parameter ("$fast"), a column ("open", "high", "low",
// "close", "volume", "hl2", "hlc3", "ohlc4"), a name of let ("trend"; another output
// of it "bands.upper"), a fact of the position ("position.profit_percent"), or an
// object with one operator, whose name is the key and whose arguments are the list:
// arithmetic, ago, an indicator. A condition is true, false, or an object with one
// operator. Grouping is explicit: all, any, not.
//
// # What is known, and when
//
// Everything is told from closed candles. The document is asked at each close of its
// timeframe; orders fill at the next open. {"on": ["4h", …]} is told from the candles
// of another timeframe or instrument that have closed by then; what became true at
// their last close stays so until their next. Nothing can name a later candle.
//
// # Three truths
//
// A value may be unknown: an indicator that has not enough candles yet, a division by
// zero, the profit of a position that is not there. A condition on it is unknown, and
// so are all and any when it would decide, and not. Only what is true acts.
//
// # How it is computed
//
// Conditions compile to programs over columns (see program), computed a block of
// candles at a time where the history is known, or candle by candle as they close,
// with the same bits: they are computations like indicators.
package document
