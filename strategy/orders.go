package strategy

import (
	"github.com/tradekeel/tradekeel/exchange"
)

// Intent is one order that an instance asked for. Orders.Buy and the like make it; an
// instance that has prices in whole units may make its own for Orders.Add.
type Intent struct {
	ID   exchange.IntentID // Add sets it
	Feed *Feed             // of the instrument; Add sets the one at hand where it is nil
	Side exchange.Side
	Type exchange.OrderType
	Size Size
	// Price, Trigger and Trail are at the instrument's PriceScale; see exchange.Order.
	Price, Trigger, Trail int64
	TrailRate             exchange.Rate
	InForce               exchange.TimeInForce
	Expires               int64
	PostOnly, ReduceOnly  bool
	Position              exchange.PositionSide
	Group                 exchange.GroupID
	Parent                exchange.IntentID
	Reason                string
	// Closing trades against what is held, whichever side that is; without a position it
	// is left out.
	Closing bool

	stop, target int64 // of the bracket's other orders
	fault        error
}

// Fault returns what is wrong with what was asked, such as a price with too many
// decimals; nil when nothing is. Cores refuse the intent with it.
func (i *Intent) Fault() error { return i.fault }

// ChangeKind is the tag of a Change.
type ChangeKind uint8

// The kinds of change.
const (
	AddOrder    ChangeKind = iota + 1 // Intent
	CancelOrder                       // Cancel
	AmendOrder                        // Amendment
)

// Change is one thing that an instance asked for.
type Change struct {
	Kind      ChangeKind
	Intent    Intent
	Cancel    exchange.IntentID
	Amendment exchange.Amendment
	Fault     error // of an amendment
}

// Orders collects what an instance asks for during a call. It acts on the bar's
// instrument unless On names another. What is asked for is done in its order.
type Orders struct {
	feed    *Feed
	changes []Change
	last    exchange.IntentID
	groups  exchange.GroupID
	waiting func() []exchange.Order
}

// BuyMarket buys at the next price there is.
func (o *Orders) BuyMarket(size Size, reason ...string) exchange.IntentID {
	return o.market(exchange.Buy, size, reason)
}

// SellMarket sells at the next price there is.
func (o *Orders) SellMarket(size Size, reason ...string) exchange.IntentID {
	return o.market(exchange.Sell, size, reason)
}

// Buy buys as the options say: without any at the next price there is, with At at a
// limit, with StopAt when the price rises to it. It returns the name of the order, for
// Cancel and Amend; with WithStop or WithTarget that of the entry.
func (o *Orders) Buy(size Size, options ...OrderOption) exchange.IntentID {
	return o.order(exchange.Buy, size, options)
}

// Sell sells as the options say, as Buy does.
func (o *Orders) Sell(size Size, options ...OrderOption) exchange.IntentID {
	return o.order(exchange.Sell, size, options)
}

// Close trades all that is held at the next price there is, on whichever side. Without
// a position it does nothing.
func (o *Orders) Close(reason string) {
	o.Add(Intent{Side: exchange.Sell, Type: exchange.Market, Size: HoldingPercent(100), Reason: reason, Closing: true})
}

// Cancel takes an order back that waits.
func (o *Orders) Cancel(id exchange.IntentID) {
	o.changes = append(o.changes, Change{Kind: CancelOrder, Cancel: id})
}

// CancelAll takes all orders of the instrument back that wait.
func (o *Orders) CancelAll() {
	for _, waits := range o.Waiting() {
		o.Cancel(waits.Intent)
	}
}

// Amend changes an order that waits: At its limit, StopAt, TakeProfitAt and ActiveAt
// its trigger, and Remaining what is still to trade. Other options are of no effect.
func (o *Orders) Amend(id exchange.IntentID, options ...OrderOption) {
	i := Intent{Feed: o.feed}
	for _, option := range options {
		option(&i)
	}
	change := Change{Kind: AmendOrder, Fault: i.fault, Amendment: exchange.Amendment{Intent: id, Price: i.Price, Trigger: i.Trigger}}
	if i.Size.Basis == Quantity {
		change.Amendment.Quantity, i.fault = o.feed.Instrument().QuantityUnits(i.Size.Amount)
		if change.Fault == nil {
			change.Fault = i.fault
		}
	}
	o.changes = append(o.changes, change)
}

// Waiting returns the orders of the instrument that were sent and have not ended,
// oldest first.
func (o *Orders) Waiting() []exchange.Order {
	if o.waiting == nil || o.feed == nil {
		return nil
	}
	var of []exchange.Order
	for _, order := range o.waiting() {
		if order.Instrument == o.feed.instrument {
			of = append(of, order)
		}
	}
	return of
}

// Group returns a new group, for InGroup: of its orders one cancels the others.
func (o *Orders) Group() exchange.GroupID {
	o.groups++
	return o.groups
}

// On returns orders for another feed's instrument, collected with these.
func (o *Orders) On(f *Feed) *OrdersOn { return &OrdersOn{o, f} }

// OrdersOn is Orders for one instrument of several.
type OrdersOn struct {
	orders *Orders
	feed   *Feed
}

// BuyMarket is Orders.BuyMarket for the instrument.
func (o *OrdersOn) BuyMarket(size Size, reason ...string) (id exchange.IntentID) {
	o.on(func(all *Orders) { id = all.BuyMarket(size, reason...) })
	return id
}

// SellMarket is Orders.SellMarket for the instrument.
func (o *OrdersOn) SellMarket(size Size, reason ...string) (id exchange.IntentID) {
	o.on(func(all *Orders) { id = all.SellMarket(size, reason...) })
	return id
}

// Buy is Orders.Buy for the instrument.
func (o *OrdersOn) Buy(size Size, options ...OrderOption) (id exchange.IntentID) {
	o.on(func(all *Orders) { id = all.Buy(size, options...) })
	return id
}

// Sell is Orders.Sell for the instrument.
func (o *OrdersOn) Sell(size Size, options ...OrderOption) (id exchange.IntentID) {
	o.on(func(all *Orders) { id = all.Sell(size, options...) })
	return id
}

// Close is Orders.Close for the instrument.
func (o *OrdersOn) Close(reason string) { o.on(func(all *Orders) { all.Close(reason) }) }

// Cancel is Orders.Cancel.
func (o *OrdersOn) Cancel(id exchange.IntentID) { o.orders.Cancel(id) }

// CancelAll is Orders.CancelAll for the instrument.
func (o *OrdersOn) CancelAll() { o.on((*Orders).CancelAll) }

// Amend is Orders.Amend for the instrument.
func (o *OrdersOn) Amend(id exchange.IntentID, options ...OrderOption) {
	o.on(func(all *Orders) { all.Amend(id, options...) })
}

// Waiting is Orders.Waiting for the instrument.
func (o *OrdersOn) Waiting() (waits []exchange.Order) {
	o.on(func(all *Orders) { waits = all.Waiting() })
	return waits
}

// Add is Orders.Add for the instrument.
func (o *OrdersOn) Add(i Intent) exchange.IntentID {
	if i.Feed == nil {
		i.Feed = o.feed
	}
	return o.orders.Add(i)
}

func (o *OrdersOn) on(do func(*Orders)) {
	before := o.orders.feed
	o.orders.feed = o.feed
	do(o.orders)
	o.orders.feed = before
}

func (o *Orders) market(side exchange.Side, size Size, reason []string) exchange.IntentID {
	i := &o.change(AddOrder).Intent
	*i = Intent{}
	i.ID, i.Feed, i.Side, i.Type, i.Size = o.Next(), o.feed, side, exchange.Market, size
	if len(reason) > 0 {
		i.Reason = reason[0]
	}
	return i.ID
}

// change makes room for a change. What a change of another kind left there is gone; of
// one of the same kind, all that counts is set by who asks for the room.
func (o *Orders) change(kind ChangeKind) *Change {
	n := len(o.changes)
	if n < cap(o.changes) {
		o.changes = o.changes[:n+1]
	} else {
		o.changes = append(o.changes, Change{})
	}
	c := &o.changes[n]
	if c.Kind != kind {
		*c = Change{Kind: kind}
	}
	return c
}

func (o *Orders) order(side exchange.Side, size Size, options []OrderOption) exchange.IntentID {
	i := Intent{Feed: o.feed, Side: side, Type: exchange.Market, Size: size}
	for _, option := range options {
		option(&i)
	}
	stop, target := i.stop, i.target
	i.stop, i.target = 0, 0
	id := o.Add(i)
	if stop == 0 && target == 0 {
		return id
	}
	leave := Intent{
		Feed: i.Feed, Side: -side, Size: HoldingPercent(100), ReduceOnly: true, Position: i.Position,
		Parent: id, Group: o.Group(), fault: i.fault,
	}
	if stop != 0 {
		leave.Type, leave.Trigger, leave.Reason = exchange.Stop, stop, "stop"
		o.Add(leave)
	}
	if target != 0 {
		leave.Type, leave.Trigger, leave.Reason = exchange.TakeProfit, target, "target"
		o.Add(leave)
	}
	return id
}

// Add asks for an order that is stated in whole units, and returns its name.
func (o *Orders) Add(i Intent) exchange.IntentID {
	if i.Feed == nil {
		i.Feed = o.feed
	}
	i.ID = o.Next()
	o.change(AddOrder).Intent = i
	return i.ID
}

// Begin empties the collection for a call about a feed. Cores call it.
func (o *Orders) Begin(f *Feed) {
	o.feed = f
	o.changes = o.changes[:0]
}

// Next returns a name for an order that was not asked for by Add. Cores call it.
func (o *Orders) Next() exchange.IntentID {
	o.last++
	return o.last
}

// Watch says where the orders that wait are found. Cores call it once.
func (o *Orders) Watch(waiting func() []exchange.Order) { o.waiting = waiting }

// Changes returns what was asked for, valid until the next Begin. Cores call it.
func (o *Orders) Changes() []Change { return o.changes }
