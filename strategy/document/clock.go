package document

import (
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are part of a strategy's meaning: the same on every machine
)

// clock is a window of time that a moment is in or not.
type clock struct {
	from, to int // seconds of the day; equal is the whole day, from above to is over midnight
	days     [7]bool
	zone     *time.Location
	key      string
}

// sessions are the trading hours of the currency markets, on working days. They move
// with the summer time of their places.
var sessions = map[string]struct {
	from, to string
	zone     string
}{
	"sydney":   {"08:00", "17:00", "Australia/Sydney"},
	"tokyo":    {"09:00", "18:00", "Asia/Tokyo"},
	"london":   {"08:00", "17:00", "Europe/London"},
	"new_york": {"08:00", "17:00", "America/New_York"},
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// contains reports whether a moment, in seconds since 1970, is in the window. A
// window over midnight belongs to the day on which it begins.
func (c *clock) contains(seconds int64) bool {
	at := time.Unix(seconds, 0).In(c.zone)
	second := at.Hour()*3600 + at.Minute()*60 + at.Second()
	day := int(at.Weekday())
	switch {
	case c.from == c.to:
		return c.days[day]
	case c.from < c.to:
		return c.days[day] && second >= c.from && second < c.to
	case second >= c.from:
		return c.days[day]
	}
	return second < c.to && c.days[(day+6)%7]
}

func (p *parser) clockOf(c *clock, label string) *expr {
	c.key = strconv.Itoa(c.from) + "-" + strconv.Itoa(c.to) + " " + c.zone.String()
	for i, on := range c.days {
		if on {
			c.key += " " + dayNames[i]
		}
	}
	return &expr{op: opClock, truth: true, label: label, clock: c}
}

// hours parses {"from": "09:00", "to": "17:00", "zone": "Europe/Berlin"}.
func (p *parser) hours(v *value) *expr {
	if !p.fields(v, "from", "to", "zone") {
		return nil
	}
	c := &clock{days: [7]bool{true, true, true, true, true, true, true}}
	faults := len(p.faults.all)
	c.from, c.to, c.zone = p.timeOfDay(v, "from"), p.timeOfDay(v, "to"), p.zone(v)
	if len(p.faults.all) > faults {
		return nil
	}
	return p.clockOf(c, "hours "+v.member("from").text+"–"+v.member("to").text+" "+c.zone.String())
}

func (p *parser) timeOfDay(v *value, name string) int {
	m := v.member(name)
	if m == nil {
		p.add(join(v.path, name), "missing", `is missing; it is a time of day such as "09:30"`)
		return 0
	}
	if m.text == "24:00" {
		return 0
	}
	at, err := time.Parse("15:04", m.text)
	if m.kind != text || err != nil {
		p.add(m.path, "time_of_day", `must be a time of day such as "09:30", got {got}`, "got", m.shown())
		return 0
	}
	return at.Hour()*3600 + at.Minute()*60
}

func (p *parser) zone(v *value) *time.Location {
	m := v.member("zone")
	if m == nil {
		return time.UTC
	}
	// "Local" is another place on every machine.
	zone, err := time.LoadLocation(m.text)
	if m.kind != text || err != nil || m.text == "" || strings.EqualFold(m.text, "local") {
		p.add(m.path, "zone", `must be a time zone such as "Europe/Berlin" or "UTC", got {got}`, "got", m.shown())
		return time.UTC
	}
	return zone
}

// weekdays parses ["mon", "tue"] or {"days": […], "zone": …}.
func (p *parser) weekdays(v *value) *expr {
	days, zone := v, time.UTC
	faults := len(p.faults.all)
	if v.kind == object {
		if !p.fields(v, "days", "zone") {
			return nil
		}
		if days = v.member("days"); days == nil {
			p.add(join(v.path, "days"), "missing", `is missing; it is a list of days such as ["mon", "tue"]`)
			return nil
		}
		zone = p.zone(v)
	}
	c := &clock{zone: zone}
	names := make([]string, 0, 7)
	for _, item := range p.list(days, 1, 7, `days such as "mon"`) {
		i := slices.Index(dayNames, item.text)
		if item.kind != text || i < 0 {
			p.add(item.path, "weekday", "must be one of {known}, got {got}", "known", strings.Join(dayNames, ", "), "got", item.shown())
			continue
		}
		c.days[i] = true
		names = append(names, item.text)
	}
	if len(p.faults.all) > faults {
		return nil
	}
	return p.clockOf(c, "weekdays "+strings.Join(names, " "))
}

func (p *parser) session(v *value) *expr {
	s, ok := sessions[v.text]
	if v.kind != text || !ok {
		p.unknown(v.path, "unknown_session", `there is no session "{name}"`, v.text, keys(sessions))
		return nil
	}
	zone, err := time.LoadLocation(s.zone)
	if err != nil { // the zones are built in
		p.add(v.path, "zone", "the time zone {zone} is not known here", "zone", s.zone)
		return nil
	}
	of := func(text string) int {
		at, _ := time.Parse("15:04", text)
		return at.Hour()*3600 + at.Minute()*60
	}
	c := &clock{from: of(s.from), to: of(s.to), zone: zone, days: [7]bool{false, true, true, true, true, true, false}}
	return p.clockOf(c, "session "+v.text)
}

// fields holds an object to the members it may have.
func (p *parser) fields(v *value, known ...string) bool {
	if v.kind != object {
		p.add(v.path, "wrong_type", "must be an object with {known}, got {got}", "known", strings.Join(known, ", "), "got", v.shown())
		return false
	}
	ok := true
	for i, name := range v.names {
		if !slices.Contains(known, name) {
			p.unknown(v.items[i].path, "unknown_field", `there is no field "{name}"`, name, known)
			ok = false
		}
	}
	return ok
}
