// The charts: equity above drawdown, and candles with the trades on them.
const charts = window.LightweightCharts;

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue("--" + name).trim();
  return {
    surface: of("surface"), text: of("muted"), line: of("line"), grid: of("grid"), accent: of("accent"),
    accentSoft: of("accent-soft"), up: of("up"), down: of("down"), downSoft: of("down-soft"), volume: of("volume"), band: of("band"), held: of("held"),
  };
}

// paintOptions are what depends on the theme.
function paintOptions(c) {
  return {
    layout: {
      background: { type: "solid", color: c.surface }, textColor: c.text,
      panes: { separatorColor: c.line, separatorHoverColor: c.band },
    },
    grid: { vertLines: { color: c.grid }, horzLines: { color: c.grid } },
    rightPriceScale: { borderColor: c.line },
    crosshair: { vertLine: { color: c.text, labelBackgroundColor: c.text }, horzLine: { color: c.text, labelBackgroundColor: c.text } },
    timeScale: { borderColor: c.line },
  };
}

const fixedOptions = () => ({
  layout: {
    fontSize: 12, fontFamily: getComputedStyle(document.body).fontFamily,
    attributionLogo: false, // the page names and links TradingView itself
  },
  crosshair: { mode: charts.CrosshairMode.Normal },
  timeScale: { timeVisible: true, secondsVisible: false, minBarSpacing: 0.001, maxBarSpacing: 60, lockVisibleTimeRangeOnResize: true },
  handleScroll: { vertTouchDrag: false },
  localization: { locale: "en-US", timeFormatter: (time) => clock(time, time % 60 !== 0) + " UTC" },
});

// fill gives a chart the size of its element, now and later. A chart that showed
// the whole period still does.
function fill(element, chart) {
  const scale = chart.timeScale();
  const resize = () => {
    const range = scale.getVisibleLogicalRange();
    const end = scale.timeToIndex(Number.MAX_SAFE_INTEGER, true);
    const whole = !range || end === null || range.from < 1 && range.to > end - 1;
    chart.resize(element.clientWidth, element.clientHeight);
    if (whole) scale.fitContent();
  };
  chart.resize(element.clientWidth, element.clientHeight);
  scale.fitContent();
  new ResizeObserver(resize).observe(element);
}

// guardWheel lets the wheel scroll the page until the pointer moves on the
// chart: a chart that slides under a resting pointer does not catch it.
function guardWheel(element, chart) {
  let on = true;
  const set = (value) => {
    if (on === value) return;
    on = value;
    chart.applyOptions({ handleScroll: { mouseWheel: value }, handleScale: { mouseWheel: value } });
  };
  set(false);
  let scrolled = 0;
  window.addEventListener("scroll", () => { scrolled = performance.now(); set(false); }, { passive: true });
  element.addEventListener("pointermove", (event) => {
    if ((event.movementX || event.movementY) && performance.now() - scrolled > 150) set(true);
  });
  element.addEventListener("pointerleave", () => set(false));
}

function zoom(chart, factor) {
  const scale = chart.timeScale(), range = scale.getVisibleLogicalRange();
  if (!range) return;
  const middle = (range.from + range.to) / 2, half = Math.max(4, (range.to - range.from) / 2 * factor);
  scale.setVisibleLogicalRange({ from: middle - half, to: middle + half });
}

function pan(chart, part) {
  const scale = chart.timeScale(), range = scale.getVisibleLogicalRange();
  if (!range) return;
  const by = (range.to - range.from) * part;
  scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
}

// logarithmic switches the scale of prices or equity.
function logarithmic(button, series) {
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    series.priceScale().applyOptions({ mode: on ? charts.PriceScaleMode.Logarithmic : charts.PriceScaleMode.Normal });
  });
}

const actions = {
  all: (chart) => chart.timeScale().fitContent(),
  in: (chart) => zoom(chart, 0.5),
  out: (chart) => zoom(chart, 2),
};

function keyboard(element, chart) {
  const keys = {
    ArrowLeft: () => pan(chart, -0.1), ArrowRight: () => pan(chart, 0.1),
    "+": () => actions.in(chart), "=": () => actions.in(chart), "-": () => actions.out(chart), Home: () => actions.all(chart),
  };
  element.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
}

function legend(element, parts) {
  element.replaceChildren(...parts.filter(Boolean).map(([name, text, tone]) => {
    const span = make("span", name + (name ? " " : ""));
    span.append(make("b", text, tone));
    return span;
  }));
}

// Curve is the equity in memory: values at every kept point.
class Curve {
  constructor(raw, meta) {
    this.time = running(raw.time);
    this.raw = raw;
    this.meta = meta;
    this.count = this.time.length;
  }

  value(i) { return Number(this.raw.value[i]) / 10 ** this.raw.scale; }
  text(i) { return rounded(BigInt(this.raw.value[i]), this.raw.scale, this.meta.places) + HARD + this.meta.currency; }
  drawdown(i) { return this.raw.drawdown[i] / 1e6; }
  // at returns the last point at or before a time, or -1.
  at(time) { return after(time, this.count, (i) => this.time[i]) - 1; }
}

function compact(places) {
  return (value) => {
    const size = Math.abs(value);
    return grouped(value.toFixed(size >= 1000 || size === 0 ? 0 : Math.max(2, places - 2)));
  };
}

function equityChart(curve, meta, onTime) {
  const element = document.getElementById("equity-chart");
  if (!element || curve.count === 0) return null;
  const chart = charts.createChart(element, fixedOptions());
  const equity = chart.addSeries(charts.AreaSeries, { lineWidth: 2, priceLineVisible: false, priceFormat: { type: "custom", formatter: compact(meta.places), minMove: 10 ** -meta.places } }, 0);
  const drawdown = chart.addSeries(charts.AreaSeries, {
    invertFilledArea: true, lineWidth: 1, priceLineVisible: false, lastValueVisible: false,
    priceFormat: { type: "custom", formatter: (v) => grouped(v.toFixed(1)) + HARD + "%", minMove: 0.01 },
  }, 1);
  const cash = Number(meta.cash) / 10 ** meta.cash_scale;
  const held = curve.raw.hold ? chart.addSeries(charts.LineSeries, { lineWidth: 1, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false }, 0) : null;
  const start = equity.createPriceLine({ price: cash, lineWidth: 1, lineStyle: charts.LineStyle.Dashed, axisLabelVisible: false, title: "start" });
  const values = [], depths = [];
  if (meta.from < curve.time[0]) {
    values.push({ time: meta.from, value: cash });
    depths.push({ time: meta.from, value: 0 });
  }
  for (let i = 0; i < curve.count; i++) {
    values.push({ time: curve.time[i], value: curve.value(i) });
    depths.push({ time: curve.time[i], value: curve.drawdown(i) * 100 });
  }
  equity.setData(values);
  drawdown.setData(depths);
  if (held) {
    // Holding is there to compare with: a fourth of a long curve's points shows it.
    const kept = [], step = curve.count > 10000 ? 4 : 1;
    if (meta.from < curve.time[0]) kept.push({ time: meta.from, value: cash });
    for (let i = (curve.count - 1) % step; i < curve.count; i += step) kept.push({ time: curve.time[i], value: cash * curve.raw.hold[i] / 1e6 });
    held.setData(kept);
    const toggle = document.getElementById("hold");
    toggle.addEventListener("click", () => {
      const on = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(on));
      held.applyOptions({ visible: on });
    });
  }
  const panes = chart.panes();
  drawdown.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0.06 } });
  panes[0].setStretchFactor(0.68);
  panes[1].setStretchFactor(0.32);

  const label = document.getElementById("equity-legend");
  const tell = (time) => {
    const i = time === undefined ? curve.count - 1 : curve.at(time);
    if (i < 0) return legend(label, [["", clock(meta.from)], ["Equity", rounded(BigInt(meta.cash), meta.cash_scale, meta.places) + HARD + meta.currency]]);
    const fall = curve.drawdown(i);
    legend(label, [["", clock(curve.time[i], curve.time[i] % 60 !== 0)], ["Equity", curve.text(i)],
      ["Return", percent(curve.value(i) / cash - 1, true), curve.value(i) < cash ? "down" : "up"],
      ["Drawdown", percent(fall), fall < 0 ? "down" : ""], held && ["Held", percent(curve.raw.hold[i] / 1e6 - 1, true)]]);
  };
  function paint() {
    const c = colours();
    chart.applyOptions(paintOptions(c));
    equity.applyOptions({ lineColor: c.accent, topColor: c.accentSoft, bottomColor: "transparent" });
    drawdown.applyOptions({ lineColor: c.down, topColor: c.downSoft, bottomColor: c.downSoft });
    start.applyOptions({ color: c.text });
    if (held) held.applyOptions({ color: c.held });
  }
  paint();
  tell();
  fill(element, chart);
  chart.subscribeCrosshairMove((param) => {
    tell(param.time);
    if (param.sourceEvent) onTime(param.time, false);
  });
  chart.subscribeClick((param) => { if (param.time !== undefined) onTime(param.time, true); });
  guardWheel(element, chart);
  keyboard(element, chart);
  return {
    chart, paint, series: equity,
    point(time) {
      const i = time === undefined ? -1 : curve.at(time);
      if (i < 0) chart.clearCrosshairPosition();
      else chart.setCrosshairPosition(curve.value(i), curve.time[i], equity);
      tell(i < 0 ? undefined : curve.time[i]);
    },
  };
}

// Candles is one series in memory. Prices are whole numbers at a scale.
class Candles {
  constructor(raw) {
    const n = raw.time.length;
    this.raw = raw;
    this.count = n;
    this.time = running(raw.time);
    this.places = raw.places;
    if (raw.wide) {
      Object.assign(this, { open: raw.open, high: raw.high, low: raw.low, close: raw.close });
      return;
    }
    const column = () => new Float64Array(n);
    this.open = column(); this.high = column(); this.low = column(); this.close = column();
    let last = 0;
    for (let i = 0; i < n; i++) {
      const open = last + raw.open[i], close = last + raw.close[i];
      this.open[i] = open;
      this.close[i] = close;
      this.high[i] = Math.max(open, close) + raw.high[i];
      this.low[i] = Math.min(open, close) - raw.low[i];
      last = close;
    }
  }

  float(column, i) { return Number(column[i]) / 10 ** this.places; }
  text(column, i) { return grouped(plain(BigInt(column[i]), this.places)); }
  isUp(i) { return Number(this.close[i]) >= Number(this.open[i]); }
  // at returns the candle that a time falls into or follows, or -1.
  at(time) { return after(time, this.count, (i) => this.time[i]) - 1; }
}

// TradeLines draws the round trips in view: a line from entry to exit, and a band
// behind the one that was chosen.
class TradeLines {
  constructor() {
    this.lines = [];
    this.band = null;
    this.colours = colours();
    const lines = { draw: (target) => target.useBitmapCoordinateSpace((s) => this.drawLines(s)) };
    const band = { draw: (target) => target.useBitmapCoordinateSpace((s) => this.drawBand(s)) };
    this.views = [{ zOrder: () => "bottom", renderer: () => band }, { zOrder: () => "top", renderer: () => lines }];
  }

  attached(p) { this.chart = p.chart; this.series = p.series; this.requestUpdate = p.requestUpdate; }
  detached() { this.chart = null; }
  paneViews() { return this.views; }
  x(at, s) { return this.chart.timeScale().logicalToCoordinate(at) * s.horizontalPixelRatio; }

  drawLines(s) {
    const context = s.context;
    context.save();
    context.lineWidth = Math.max(1, Math.floor(2 * s.horizontalPixelRatio));
    for (const line of this.lines) {
      const y1 = this.series.priceToCoordinate(line.entryPrice), y2 = this.series.priceToCoordinate(line.exitPrice);
      if (y1 === null || y2 === null) continue;
      context.strokeStyle = line.won ? this.colours.up : this.colours.down;
      context.setLineDash(line.won ? [] : [4 * s.horizontalPixelRatio, 3 * s.horizontalPixelRatio]);
      context.beginPath();
      context.moveTo(this.x(line.from, s), y1 * s.verticalPixelRatio);
      context.lineTo(this.x(line.to, s), y2 * s.verticalPixelRatio);
      context.stroke();
    }
    context.restore();
  }

  drawBand(s) {
    if (!this.band) return;
    const half = this.chart.timeScale().options().barSpacing / 2 * s.horizontalPixelRatio;
    const from = this.x(this.band.from, s) - half, to = this.x(this.band.to, s) + half;
    s.context.fillStyle = this.colours.band;
    s.context.fillRect(from, 0, Math.max(2, to - from), s.bitmapSize.height);
  }
}

function priceChart(trades, curve, meta, onTime) {
  const element = document.getElementById("price-chart");
  if (!element) return null;
  const chart = charts.createChart(element, fixedOptions());
  chart.timeScale().applyOptions({ enableConflation: true });
  const series = chart.addSeries(charts.CandlestickSeries, { priceLineVisible: false, lastValueVisible: false });
  const volume = chart.addSeries(charts.HistogramSeries, { priceScaleId: "", priceLineVisible: false, lastValueVisible: false, priceFormat: { type: "volume" } });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
  series.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
  const markers = charts.createSeriesMarkers(series, [], { autoScale: true });
  const lines = new TradeLines();
  series.attachPrimitive(lines);

  const loaded = new Map();
  let current = -1, candles = null, own = [], chosen = -1, c = colours();

  // load reads a series when it is first chosen.
  function load(index) {
    if (index === current) return;
    current = index;
    if (!loaded.has(index)) loaded.set(index, new Candles(block("series-" + index)));
    candles = loaded.get(index);
    const bars = [], bottoms = [];
    let lowest = Infinity;
    for (let i = 0; i < candles.count; i++) {
      const time = candles.time[i];
      bars.push({ time, open: candles.float(candles.open, i), high: candles.float(candles.high, i), low: candles.float(candles.low, i), close: candles.float(candles.close, i) });
      lowest = Math.min(lowest, bars[i].low);
      if (candles.raw.volume) bottoms.push({ time, value: Number(candles.raw.volume[i]) });
    }
    own = [];
    for (let i = 0; i < trades.count; i++) if (trades.instrumentOf(i) === meta.series[index].instrument) own.push(i);
    // Round trips of one instrument follow each other, so that both times rise.
    own.sort((a, b) => trades.entry[a] - trades.entry[b]);
    series.applyOptions({ priceFormat: { type: "custom", formatter: (v) => v < 0 && lowest >= 0 ? "" : grouped(v.toFixed(candles.places)), minMove: 10 ** -candles.places } });
    series.setData(bars);
    volume.setData(bottoms);
    const select = document.getElementById("series");
    if (select) select.value = String(index);
    chart.timeScale().fitContent();
    tell();
    look();
  }

  // look puts the trades in view on the chart, unless there are too many to tell
  // apart.
  function look() {
    const note = document.getElementById("price-note");
    const range = chart.timeScale().getVisibleLogicalRange();
    let told = meta.series[current].note;
    lines.lines = [];
    const marks = [];
    if (range && candles.count > 0) {
      const first = Math.max(0, Math.floor(range.from)), last = Math.min(candles.count - 1, Math.ceil(range.to));
      const from = candles.time[first], to = last < 0 ? from : candles.time[last] + candles.raw.length;
      const begin = after(from - 1, own.length, (n) => trades.exit[own[n]]), end = after(to, own.length, (n) => trades.entry[own[n]]);
      const inView = Math.max(0, end - begin);
      const room = Math.max(12, chart.timeScale().width() / 10);
      if (inView > room) told = (told + " " + grouped(String(inView)) + " trades are in view; zoom in to see them.").trim();
      else for (let n = begin; n < end; n++) put(own[n], marks, inView <= chart.timeScale().width() / 90);
    }
    note.textContent = told;
    const at = new Map(marks.map((mark, n) => [mark, n]));
    marks.sort((a, b) => a.time - b.time || at.get(a) - at.get(b));
    markers.setMarkers(marks);
    const of = (time) => Math.max(0, candles.at(time));
    lines.band = chosen >= 0 && own.includes(chosen)
      ? { from: of(trades.entry[chosen]), to: trades.isOpen(chosen) ? candles.count - 1 : of(trades.exit[chosen]) } : null;
    if (lines.requestUpdate) lines.requestUpdate();
  }

  function put(i, marks, named) {
    const entry = Math.max(0, candles.at(trades.entry[i])), long = trades.isLong(i);
    const mark = (at, buys, color, text) => marks.push({
      time: candles.time[at], position: buys ? "belowBar" : "aboveBar", shape: buys ? "arrowUp" : "arrowDown",
      color, text: named ? text : "", id: String(i),
    });
    mark(entry, long, c.accent, long ? "long" : "short");
    if (trades.isOpen(i)) return;
    const exit = Math.max(0, candles.at(trades.exit[i])), net = trades.net(i);
    mark(exit, !long, net > 0n ? c.up : c.down, share(net, trades.entryNotional(i)).text);
    lines.lines.push({
      from: entry, to: exit, won: net > 0n,
      entryPrice: trades.priceAt(trades.raw.entry_price, i), exitPrice: trades.priceAt(trades.raw.exit_price, i),
    });
  }

  const label = document.getElementById("price-legend");
  function tell(time) {
    const i = time === undefined ? candles.count - 1 : candles.at(time);
    if (i < 0) return legend(label, []);
    const before = i > 0 ? candles.float(candles.close, i - 1) : candles.float(candles.open, i);
    const change = before ? candles.float(candles.close, i) / before - 1 : 0;
    const point = curve.at(candles.time[i] + candles.raw.length);
    legend(label, [
      ["", clock(candles.time[i], candles.time[i] % 60 !== 0)],
      ["O", candles.text(candles.open, i)], ["H", candles.text(candles.high, i)],
      ["L", candles.text(candles.low, i)], ["C", candles.text(candles.close, i)],
      ["", percent(change, true), change < 0 ? "down" : "up"],
      candles.raw.volume && ["Vol", rounded(BigInt(candles.raw.volume[i]), candles.raw.volume_places, Math.min(candles.raw.volume_places, 2))],
      point >= 0 && ["Equity", curve.text(point)],
    ]);
  }

  function paint() {
    c = colours();
    lines.colours = c;
    chart.applyOptions(paintOptions(c));
    series.applyOptions({
      upColor: c.surface, downColor: c.down, borderUpColor: c.up, borderDownColor: c.down, wickUpColor: c.up, wickDownColor: c.down,
    });
    volume.applyOptions({ color: c.volume });
    if (candles) look();
  }

  function reveal() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById("price").scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
  }

  paint();
  load(0);
  fill(element, chart);
  let asked = false;
  chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; look(); });
  });
  chart.subscribeCrosshairMove((param) => {
    tell(param.time);
    if (param.sourceEvent) onTime(param.time);
  });
  const select = document.getElementById("series");
  if (select) select.addEventListener("change", () => load(Number(select.value)));
  guardWheel(element, chart);
  keyboard(element, chart);

  return {
    chart, paint, series,
    // show brings a trade into view, in a series of its instrument.
    show(i, scroll) {
      chosen = i;
      const instrument = trades.instrumentOf(i);
      if (meta.series[current].instrument !== instrument) {
        const index = meta.series.findIndex((s) => s.instrument === instrument);
        if (index < 0) return;
        load(index);
      }
      const entry = Math.max(0, candles.at(trades.entry[i]));
      const exit = trades.isOpen(i) ? candles.count - 1 : Math.max(0, candles.at(trades.exit[i]));
      const margin = Math.max(15, (exit - entry) * 0.75);
      chart.timeScale().setVisibleLogicalRange({ from: entry - margin, to: exit + margin });
      look();
      if (scroll) reveal();
    },
    // point shows where a time of the other chart is; go moves there.
    point(time) {
      const i = time === undefined ? -1 : candles.at(time - 1);
      if (i < 0) chart.clearCrosshairPosition();
      else chart.setCrosshairPosition(candles.float(candles.close, i), candles.time[i], series);
      tell(i < 0 ? undefined : candles.time[i]);
    },
    go(time) {
      const range = chart.timeScale().getVisibleLogicalRange(), i = candles.at(time - 1);
      if (!range || i < 0) return;
      const half = Math.min((range.to - range.from) / 2, Math.max(60, candles.count / 20));
      chart.timeScale().setVisibleLogicalRange({ from: i - half, to: i + half });
      reveal();
    },
  };
}
