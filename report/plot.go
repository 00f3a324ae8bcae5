package report

import (
	"math"
	"strconv"
	"strings"
)

// plot is a drawing of fixed parts, made into SVG by the template, which escapes every
// text. It needs no JavaScript: it prints, and it is there without it.
type plot struct {
	Name, Text, Note string // heading, what it shows in words, what to know of it
	Wide             bool
	Width, Height    int
	Paths            []plotPath
	Texts            []plotText
	Keys             []plotKey

	left, right, top, bottom float64 // margins
	x, y                     axis
}

// plotPath is a line or an area of a class.
type plotPath struct{ Class, D string }

// plotText is a text at a point.
type plotText struct{ Class, X, Y, Anchor, Text string }

// plotKey is a line of the legend.
type plotKey struct{ Class, Text string }

// axis maps values to a length.
type axis struct{ low, high float64 }

func (a axis) share(v float64) float64 {
	if !(a.high > a.low) {
		return 0.5
	}
	return min(max((v-a.low)/(a.high-a.low), 0), 1)
}

const (
	plotWidth, plotHeight = 420, 250
	wideWidth, wideHeight = 900, 340
)

// newPlot makes a plot with its axes and their labels, formatted by a function.
func newPlot(name string, x, y axis, xText, yText func(float64) string, wide bool) *plot {
	p := &plot{Name: name, Wide: wide, Width: plotWidth, Height: plotHeight, left: 52, right: 10, top: 10, bottom: 26, x: x, y: y}
	if wide {
		p.Width, p.Height, p.left, p.bottom = wideWidth, wideHeight, 84, 34
	}
	var grid strings.Builder
	for _, v := range ticks(y, 5) {
		at := p.atY(v)
		grid.WriteString("M" + coordinate(p.left) + " " + coordinate(at) + "H" + coordinate(float64(p.Width)-p.right))
		p.Texts = append(p.Texts, plotText{"tick", coordinate(p.left - 6), coordinate(at + 4), "end", yText(v)})
	}
	p.add("grid", grid.String())
	if xText != nil {
		for _, v := range ticks(x, 5) {
			p.tickX(p.atX(v), xText(v))
		}
	}
	return p
}

// tickX labels a place on the horizontal axis.
func (p *plot) tickX(at float64, text string) {
	anchor := "middle"
	room := float64(len(text)) * 3.5
	if at+room > float64(p.Width)-p.right {
		anchor, at = "end", min(at+room, float64(p.Width)-2)
	}
	p.Texts = append(p.Texts, plotText{"tick", coordinate(at), coordinate(float64(p.Height) - p.bottom + 17), anchor, text})
}

func (p *plot) atX(v float64) float64 {
	return p.left + p.x.share(v)*(float64(p.Width)-p.left-p.right)
}

func (p *plot) atY(v float64) float64 {
	return float64(p.Height) - p.bottom - p.y.share(v)*(float64(p.Height)-p.top-p.bottom)
}

func (p *plot) add(class, d string) {
	if d != "" {
		p.Paths = append(p.Paths, plotPath{class, d})
	}
}

// level draws a horizontal line.
func (p *plot) level(class string, v float64) {
	if v < p.y.low || v > p.y.high {
		return
	}
	at := coordinate(p.atY(v))
	p.add(class, "M"+coordinate(p.left)+" "+at+"H"+coordinate(float64(p.Width)-p.right))
}

// upright draws a vertical line.
func (p *plot) upright(class string, v float64) {
	if v < p.x.low || v > p.x.high {
		return
	}
	at := coordinate(p.atX(v))
	p.add(class, "M"+at+" "+coordinate(p.top)+"V"+coordinate(float64(p.Height)-p.bottom))
}

// line draws a curve; what is no number breaks it.
func (p *plot) line(class string, n int, at func(i int) (x, y float64)) {
	var b strings.Builder
	broken := true
	for i := range n {
		x, y := at(i)
		if math.IsNaN(y) || math.IsInf(y, 0) {
			broken = true
			continue
		}
		if broken {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		broken = false
		b.WriteString(coordinate(p.atX(x)) + " " + coordinate(p.atY(y)))
	}
	p.add(class, b.String())
}

// dots draws points of a class as one path.
func (p *plot) dots(class string, xs, ys []float64) {
	var b strings.Builder
	for i := range xs {
		b.WriteString("M" + coordinate(p.atX(xs[i])) + " " + coordinate(p.atY(ys[i])) + "h0")
	}
	p.add(class, b.String())
}

// box is the path of a rectangle between values.
func (p *plot) box(x0, x1, y0, y1 float64) string {
	left, right, bottom, top := p.atX(x0), p.atX(x1), p.atY(y0), p.atY(y1)
	return "M" + coordinate(left) + " " + coordinate(top) + "H" + coordinate(right) + "V" + coordinate(bottom) + "H" + coordinate(left) + "Z"
}

// coordinate writes a length with one decimal at most.
func coordinate(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// ticks are about so many round numbers of an axis: 1, 2 or 5 times a power of ten apart.
func ticks(a axis, about int) []float64 {
	span := a.high - a.low
	if !(span > 0) || math.IsInf(span, 0) {
		return []float64{a.low}
	}
	power := math.Pow(10, math.Floor(math.Log10(span/float64(about))))
	apart := power * 10
	for _, times := range []float64{1, 2, 5} {
		if span/(power*times) <= float64(about) {
			apart = power * times
			break
		}
	}
	var out []float64
	for i := math.Ceil(a.low/apart - 1e-9); i*apart <= a.high+apart*1e-9 && len(out) < 4*about; i++ {
		out = append(out, i*apart)
	}
	return out
}

// around widens an axis so that nothing lies on its edge.
func around(low, high float64) axis {
	if !(high > low) {
		pad := max(math.Abs(low)*0.1, 1e-9)
		return axis{low - pad, high + pad}
	}
	pad := (high - low) * 0.04
	return axis{low - pad, high + pad}
}

// percentTick writes a fraction in percent, without needless decimals.
func percentTick(v float64) string { return plainTick(v*100) + "\u00a0%" }

// plainTick writes a number in groups with as few digits as tell round numbers apart,
// and large ones with a letter.
func plainTick(v float64) string {
	size := math.Abs(v)
	unit := ""
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if size >= u.size {
			divisor := u.size
			if u.name == "k" {
				divisor = 1e3
			}
			v, unit = v/divisor, u.name
			break
		}
	}
	return grouped(strconv.FormatFloat(round(v, 4), 'f', -1, 64)) + unit
}

// round keeps so many digits of a number.
func round(v float64, digits int) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	power := math.Pow(10, float64(digits)-1-math.Floor(math.Log10(math.Abs(v))))
	if math.IsInf(power, 0) || power == 0 {
		return v
	}
	return math.Round(v*power) / power
}
