package indicator

import "github.com/tradekeel/tradekeel/market"

// HL2 is the median price, (high + low)/2.
func HL2() Definition { return hl2Kind.of() }

var hl2Kind = priceKind("hl2", "median price", highLow, 2)

// HLC3 is the typical price, (high + low + close)/3.
func HLC3() Definition { return hlc3Kind.of() }

var hlc3Kind = priceKind("hlc3", "typical price", hlc, 3)

// OHLC4 is the average price, (open + high + low + close)/4.
func OHLC4() Definition { return ohlc4Kind.of() }

var ohlc4Kind = priceKind("ohlc4", "average price", ohlc, 4)

// WCP is the weighted close price, (high + low + 2·close)/4.
func WCP() Definition { return wcpKind.of() }

var wcpKind = priceKind("wcp", "weighted close price", []market.Field{market.High, market.Low, market.Close, market.Close}, 4)

func priceKind(name, text string, inputs []market.Field, n float64) Kind {
	return Kind{
		Name: name, Version: 1, Text: text,
		Inputs: inputs, Outputs: oneValue,
		warmup: warm(func([]float64) int { return 0 }),
		start:  func([]float64) Computation { return price(n) },
	}
}

// price is the mean of so many columns.
type price float64

func (p price) Next(in, out [][]float64) {
	switch filled := out[0]; p {
	case 2:
		between(in[0], in[1], filled)
	case 3:
		typical(in[0], in[1], in[2], filled)
	default:
		quarters(in[0], in[1], in[2], in[3], filled)
	}
}

// quarters fills in the mean of four columns.
func quarters(a, b, c, d, out []float64) {
	b, c, d, out = b[:len(a)], c[:len(a)], d[:len(a)], out[:len(a)]
	for i, v := range a {
		out[i] = (v + b[i] + c[i] + d[i]) / 4
	}
}
