package indicator

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Kind is an indicator by name, with its parameters not yet set: "rsi". Documents
// name indicators by their kind.
type Kind struct {
	// Name is in small letters, digits and underscores; it stays the same for ever.
	Name string
	// Text says in one line what it tells.
	Text string
	// Version counts changes of the formula; from 1.
	Version int
	// Params are the parameters in the order in which they are written.
	Params []Param
	// Inputs are the columns that it reads.
	Inputs []market.Field
	// Series is how many of the inputs, counted from the first, may be any other
	// series of values in place of that column: 1 for an average, 0 for what is
	// computed from whole candles.
	Series int
	// Outputs are the names of what it puts out, the main one first.
	Outputs []string

	// check refuses parameters that do not go together; may be nil. The field of its
	// error is the parameter's name.
	check func(p []float64) error
	// warmup returns the warm-up of each output.
	warmup func(p []float64) []int
	// start begins a computation.
	start func(p []float64) Computation
}

// NewKind completes a kind of another package: warmup returns the warm-up of each
// output and start begins a computation, both for parameters that Make has checked.
func NewKind(k Kind, warmup func(params []float64) []int, start func(params []float64) Computation) *Kind {
	k.warmup, k.start = warmup, start
	return &k
}

// Param is one parameter of a kind.
type Param struct {
	Name     string
	Default  float64
	Min, Max float64 // both included
	Integer  bool
	// OneOf names the values 0, 1, 2 …; nil for a number.
	OneOf []string
}

// maxPeriod bounds every length in bars.
const maxPeriod = 1_000_000

// period is a parameter in bars.
func period(name string, standard int) Param { return bars(name, standard, 1) }

// bars is a parameter in bars of at least so many.
func bars(name string, standard, least int) Param {
	return Param{Name: name, Default: float64(standard), Min: float64(least), Max: maxPeriod, Integer: true}
}

// factor is a parameter that is any number between two.
func factor(name string, standard, least, most float64) Param {
	return Param{Name: name, Default: standard, Min: least, Max: most}
}

// Make returns the definition with these parameters; those left out at the end
// have their defaults. The error is Invalid and names the parameter.
func (k *Kind) Make(params ...float64) (Definition, error) {
	if len(params) > len(k.Params) {
		return nil, tradekeel.Invalidf("params", "%s takes %s, got %d parameters", k.Name, k.usage(), len(params))
	}
	d := k.of(params...)
	return d, d.Validate()
}

// of is Make without a look at the values: Validate looks.
func (k *Kind) of(params ...float64) Definition {
	d := &standard{kind: k, params: slices.Clone(params)}
	for _, p := range k.Params[len(params):] {
		d.params = append(d.params, p.Default)
	}
	return d
}

func (k *Kind) usage() string {
	if len(k.Params) == 0 {
		return "no parameters"
	}
	names := make([]string, len(k.Params))
	for i, p := range k.Params {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// Check returns an Invalid error when a value is none that the parameter takes; its
// field is the parameter's name.
func (p *Param) Check(v float64) error {
	switch {
	case p.OneOf != nil:
		if v != math.Trunc(v) || v < 0 || int(v) >= len(p.OneOf) {
			return tradekeel.Invalidf(p.Name, "must be one of %s", strings.Join(p.OneOf, ", "))
		}
	case p.Integer && v != math.Trunc(v):
		return tradekeel.Invalidf(p.Name, "must be a whole number, got %v", v)
	case !(v >= p.Min && v <= p.Max):
		return tradekeel.Invalidf(p.Name, "must be between %s and %s, got %s", number(p.Min), number(p.Max), number(v))
	}
	return nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// standard is a kind with its parameters: the Definition of all of this package.
type standard struct {
	kind   *Kind
	params []float64
}

func (d *standard) Key() string {
	var b strings.Builder
	b.WriteString(d.kind.Name)
	if d.kind.Version > 1 {
		b.WriteString("@" + strconv.Itoa(d.kind.Version))
	}
	b.WriteByte('(')
	for i, v := range d.params {
		if i > 0 {
			b.WriteByte(',')
		}
		if p := d.kind.Params[i]; p.OneOf != nil && p.Check(v) == nil {
			b.WriteString(p.OneOf[int(v)])
		} else {
			b.WriteString(number(v))
		}
	}
	b.WriteByte(')')
	return b.String()
}

func (d *standard) Validate() error {
	for i, v := range d.params {
		if err := d.kind.Params[i].Check(v); err != nil {
			return err
		}
	}
	if d.kind.check != nil {
		return d.kind.check(d.params)
	}
	return nil
}

func (d *standard) Inputs() []market.Field { return d.kind.Inputs }

func (d *standard) Outputs() []Output {
	out := make([]Output, len(d.kind.Outputs))
	for i, w := range d.kind.warmup(d.params) {
		out[i] = Output{d.kind.Outputs[i], w}
	}
	return out
}

func (d *standard) New() Computation { return d.kind.start(d.params) }

// Kinds returns every kind of this package, sorted by name.
func Kinds() []*Kind { return slices.Clone(kinds) }

// Lookup returns the kind of a name, and whether there is one.
func Lookup(name string) (*Kind, bool) {
	i, found := slices.BinarySearchFunc(kinds, name, func(k *Kind, name string) int { return strings.Compare(k.Name, name) })
	if !found {
		return nil, false
	}
	return kinds[i], true
}

// kinds is the catalogue, sorted by name. A kind stands beside its computation.
var kinds = sorted(
	&smaKind, &emaKind, &rsiKind, &macdKind, &atrKind, &bbandsKind,

	&obvKind, &adKind, &adoscKind, &cmfKind, &forceIndexKind, &easeOfMovementKind, &pvtKind, &nviKind, &pviKind,
	&vwapKind, &vwapAnchoredKind, &vwapRollingKind, &vwmaKind,
	&donchianKind, &keltnerKind, &linRegChannelKind, &squeezeKind,
	&supertrendKind, &chandelierKind, &heikinAshiKind, &ichimokuKind, &sarKind, &psarKind,
	&pivotsKind, &volumeProfileKind, &hurstKind, &fractalsKind,
	&coppockKind, &kstKind, &tsiKind, &dpoKind, &elderRayKind, &massIndexKind, &averageRangeKind,
	&efficiencyRatioKind, &smmaKind, &alligatorKind, &fisherKind, &connorsRSIKind,

	&demaKind, &temaKind, &t3Kind, &trixKind, &rmaKind, &zlemaKind,
	&wmaKind, &trimaKind, &hmaKind, &kamaKind,
	&linregKind, &linregSlopeKind, &linregInterceptKind, &linregAngleKind, &tsfKind,
	&cmoKind, &ppoKind, &apoKind, &aoKind, &momKind, &rocKind, &bopKind, &ultoscKind,
	&stochKind, &stochfKind, &stochRSIKind, &willrKind, &aroonKind, &aroonoscKind,
	&plusDIKind, &minusDIKind, &dxKind, &adxKind, &adxrKind, &vortexKind,
	&trangeKind, &natrKind, &chopKind, &cciKind, &mfiKind,
	&stddevKind, &varKind, &zscoreKind, &correlKind, &betaKind,
	&highestKind, &lowestKind, &midPriceKind, &midPointKind, &sumKind,
	&hl2Kind, &hlc3Kind, &ohlc4Kind, &wcpKind,
)

func sorted(all ...*Kind) []*Kind {
	slices.SortFunc(all, func(a, b *Kind) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Columns and outputs that many kinds have.
var (
	ofClose  = []market.Field{market.Close}
	highLow  = []market.Field{market.High, market.Low}
	hlc      = []market.Field{market.High, market.Low, market.Close}
	ohlc     = []market.Field{market.Open, market.High, market.Low, market.Close}
	hlcv     = []market.Field{market.High, market.Low, market.Close, market.Volume}
	oneValue = []string{"value"}
)

// warm is the warm-up of a kind with one output.
func warm(of func(p []float64) int) func(p []float64) []int {
	return func(p []float64) []int { return []int{of(p)} }
}

var nan = math.NaN()

func fillNaN(out []float64) {
	for i := range out {
		out[i] = nan
	}
}
