package document

import (
	"math"
	"strconv"
	"time"
)

// guard keeps entries apart and stops them after losses: reentry and protect.
type guard struct {
	wait, afterLoss, perDay, streak, pause int
	drawdown, dailyLoss                    float64
	reset                                  bool

	until  int    // the close from which on entries may be made
	why    string // they may not before
	armed  [2]bool
	day    int64
	today  int // entries of the day
	losses int // in a row
	peak   float64
	start  float64 // equity at the start of the day
	halted bool    // for the rest of the day
}

func newGuard(r *reentry, p *protect, values map[string]float64) guard {
	whole := func(s scalar) int { return int(s.in(values)) }
	return guard{
		wait: whole(r.wait), afterLoss: whole(r.afterLoss), perDay: whole(r.perDay), reset: r.reset,
		streak: whole(p.streak), pause: whole(p.pause), drawdown: p.drawdown.in(values), dailyLoss: p.dailyLoss.in(values),
		armed: [2]bool{true, true},
	}
}

// close takes in a close with the equity at it.
func (g *guard) close(bar int, at int64, equity float64) {
	if day := at / int64(24*time.Hour); day != g.day || bar == 1 {
		g.day, g.today, g.start, g.halted = day, 0, equity, false
	}
	g.peak = math.Max(g.peak, equity)
	switch {
	case g.drawdown > 0 && equity <= g.peak*(1-g.drawdown/100):
		g.stop(bar, "protect.drawdown_percent")
		g.peak = equity
	case g.dailyLoss > 0 && equity <= g.start*(1-g.dailyLoss/100):
		if g.halted = true; g.pause > 0 {
			g.stop(bar, "protect.daily_loss_percent")
		}
	}
}

// stop lets no entry be made for the pause.
func (g *guard) stop(bar int, why string) {
	until := bar + g.pause
	if g.pause == 0 {
		until = math.MaxInt
	}
	g.block(until, why)
}

func (g *guard) block(until int, why string) {
	if until > g.until {
		g.until, g.why = until, why
	}
}

// ended takes in that a position ended.
func (g *guard) ended(bar int, lost bool) {
	if g.wait > 0 {
		g.block(bar+g.wait, "reentry.wait_bars")
	}
	if !lost {
		g.losses = 0
		return
	}
	if g.afterLoss > 0 {
		g.block(bar+g.afterLoss, "reentry.after_loss_bars")
	}
	if g.losses++; g.streak > 0 && g.losses >= g.streak {
		g.losses = 0
		g.stop(bar, "protect.loss_streak")
	}
}

// seen takes in what the rule to enter came to.
func (g *guard) seen(side int, enter float64) {
	if enter == 0 {
		g.armed[side] = true
	}
}

// blocked says why no entry may be made, or "".
func (g *guard) blocked(side, bar int) string {
	switch {
	case bar < g.until && g.until == math.MaxInt:
		return g.why + " stopped entries for good"
	case bar < g.until:
		return g.why + " lets none be made for " + strconv.Itoa(g.until-bar) + " closes"
	case g.halted:
		return "protect.daily_loss_percent lets none be made until the next day"
	case g.perDay > 0 && g.today >= g.perDay:
		return "reentry.per_day: " + strconv.Itoa(g.today) + " were made today"
	case g.reset && !g.armed[side]:
		return "reentry.reset: the condition has not been untrue since the last entry"
	}
	return ""
}

// entered takes in that an entry was decided.
func (g *guard) entered() {
	g.today++
	g.armed = [2]bool{}
}
