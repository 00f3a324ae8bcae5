// The trades: their columns, their amounts, and the table.

// Trades reads the columns. Amounts are made exactly when a row is shown.
class Trades {
  constructor(raw, meta) {
    this.raw = raw;
    this.meta = meta;
    this.count = raw.side.length;
    this.entry = running(raw.entry);
    this.exit = Float64Array.from(raw.held, (held, i) => this.isOpen(i) ? Infinity : this.entry[i] + held);
  }

  isOpen(i) { return i >= this.raw.closed; }
  isLong(i) { return this.raw.side[i] > 0; }
  instrumentOf(i) { return this.raw.instrument ? this.raw.instrument[i] : 0; }
  instrument(i) { return this.meta.instruments[this.instrumentOf(i)]; }
  size(i) { return BigInt(this.raw.quantity[i]) * BigInt(this.raw.side[i]); }
  reason(i) {
    const raw = this.raw;
    const entry = raw.reasons[raw.entry_reason[i]];
    return this.isOpen(i) ? [entry] : [entry, raw.reasons[raw.exit_reason[i]]];
  }

  // notional is in ledger units; a column holds the price, or the notional
  // itself as a text where the price is an average.
  notional(column, i) {
    const value = column[i];
    if (typeof value === "string") return BigInt(value);
    const of = this.instrument(i);
    return BigInt(value) * BigInt(this.raw.quantity[i]) * BigInt(of.contract) * ten(18 - of.places - of.quantity_scale - of.contract_scale);
  }

  // worth is the quantity times the contract's size, at the scale of both.
  worth(i) { return BigInt(this.raw.quantity[i]) * BigInt(this.instrument(i).contract); }

  price(column, i) {
    const of = this.instrument(i), value = column[i];
    if (typeof value !== "string") return shown(BigInt(value), of.places, of.places);
    const worth = this.worth(i), notional = BigInt(value);
    if (worth === 0n || notional === 0n) return shown(0n, 0, of.places);
    const scale = of.price_scale + 18, digits = of.quantity_scale + of.contract_scale;
    const price = of.inverse ? divided(worth * ten(18 + scale), notional * ten(digits)) : divided(notional * ten(digits + scale), worth * ten(18));
    return shown(price, scale, of.places);
  }

  // priceAt is a price as a float, for the chart.
  priceAt(column, i) {
    const of = this.instrument(i), value = column[i];
    if (typeof value !== "string") return value / 10 ** of.places;
    const worth = Number(this.worth(i)) / 10 ** (of.quantity_scale + of.contract_scale), notional = Number(BigInt(value)) / 1e18;
    return of.inverse ? worth / notional : notional / worth;
  }

  entryNotional(i) { return this.notional(this.raw.entry_price, i); }
  fees(i) { return BigInt(this.raw.fees[i]) * ten(18 - this.raw.fees_scale); }
  gross(i) {
    const rise = (this.notional(this.raw.exit_price, i) - this.entryNotional(i)) * BigInt(this.raw.side[i]);
    return this.instrument(i).inverse ? -rise : rise;
  }
  carry(i) { return this.raw.carry ? BigInt(this.raw.carry[i]) * ten(18 - this.raw.carry_scale) : 0n; }
  net(i) { return this.gross(i) + this.carry(i) - this.fees(i); }

  // cells are the numbers of a row, as they are shown.
  cells(i) {
    const places = this.meta.places, of = this.instrument(i);
    const none = { text: DASH, full: "", tone: "" };
    const open = this.isOpen(i);
    return {
      entryPrice: this.price(this.raw.entry_price, i),
      exitPrice: open ? none : this.price(this.raw.exit_price, i),
      size: shown(this.size(i), of.quantity_scale, of.size_places),
      gross: open ? none : shown(this.gross(i), 18, places, true),
      fees: shown(this.fees(i), 18, places),
      net: open ? none : shown(this.net(i), 18, places, true),
      return: open ? none : share(this.net(i), this.entryNotional(i)),
    };
  }

  when(i, time) { return clock(time[i], this.meta.seconds); }

  // key returns the values that a column is sorted by. Floats decide the order;
  // they are never shown. What an open trade has not got comes last.
  key(name) {
    const amount = (value) => (i) => this.isOpen(i) ? NaN : Number(value(i));
    const raw = this.raw;
    const values = {
      number: (i) => i,
      instrument: (i) => this.instrumentOf(i),
      side: (i) => -raw.side[i],
      entry: (i) => this.entry[i],
      exit: (i) => this.exit[i],
      entryPrice: (i) => this.priceAt(raw.entry_price, i),
      exitPrice: (i) => this.isOpen(i) ? NaN : this.priceAt(raw.exit_price, i),
      size: (i) => Number(this.size(i)) / 10 ** this.instrument(i).quantity_scale,
      gross: amount((i) => this.gross(i)),
      fees: (i) => Number(this.fees(i)),
      net: amount((i) => this.net(i)),
      return: (i) => this.isOpen(i) ? NaN : Number(this.net(i)) / Number(this.entryNotional(i)),
    }[name];
    if (name === "reason") {
      const order = raw.reasons.map((text, i) => [text, i]).sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
      const rank = new Float64Array(order.length);
      order.forEach(([, i], place) => { rank[i] = place; });
      return Float64Array.from({ length: this.count }, (_, i) => rank[raw.entry_reason[i]] * order.length + rank[raw.exit_reason[i]]);
    }
    return Float64Array.from({ length: this.count }, (_, i) => values(i));
  }

  matches(filter, i) {
    switch (filter) {
      case "won": return !this.isOpen(i) && this.net(i) > 0n;
      case "lost": return !this.isOpen(i) && this.net(i) <= 0n;
      case "long": return this.isLong(i);
      case "short": return !this.isLong(i);
      case "open": return this.isOpen(i);
    }
    return true;
  }
}

// tradeTable takes over the plain table: it sorts, filters and turns pages.
function tradeTable(trades, onChoose) {
  const table = document.getElementById("table");
  if (!table) return { choose() {} };
  const body = table.tBodies[0];
  const manyInstruments = Boolean(table.querySelector('[data-sort="instrument"]'));
  const state = { sort: "number", down: false, filter: "all", rows: 25, page: 0, chosen: -1, order: [] };

  function arrange() {
    let order = [];
    for (let i = 0; i < trades.count; i++) if (trades.matches(state.filter, i)) order.push(i);
    if (state.sort !== "number" || state.down) {
      const key = trades.key(state.sort), sign = state.down ? -1 : 1;
      order.sort((a, b) => {
        const x = key[a], y = key[b];
        if (x === y) return a - b;
        if (x !== x || y !== y) return x !== x ? (y !== y ? a - b : 1) : -1;
        return (x < y ? -1 : 1) * sign;
      });
    }
    state.order = order;
    state.page = 0;
  }

  function number(cell) { return make("td", cell.text, "n" + (cell.tone ? " " + cell.tone : ""), cell.full); }

  function line(i) {
    const row = make("tr", "", trades.isOpen(i) ? "open" : "");
    row.dataset.trade = i;
    const head = make("th", "", "n");
    head.scope = "row";
    const button = make("button", String(i + 1), "", "Show in the chart");
    button.type = "button";
    head.append(button);
    row.append(head);
    if (manyInstruments) row.append(make("td", trades.instrument(i).name));
    const side = make("td");
    const mark = make("span", trades.isLong(i) ? "▲" : "▼", trades.isLong(i) ? "up" : "down");
    mark.setAttribute("aria-hidden", "true");
    side.append(mark, trades.isLong(i) ? " long" : " short");
    const exit = make("td", trades.isOpen(i) ? "" : trades.when(i, trades.exit), "t");
    if (trades.isOpen(i)) exit.append(make("span", "open", "badge"));
    const cells = trades.cells(i);
    row.append(side, make("td", trades.when(i, trades.entry), "t"), number(cells.entryPrice), exit, number(cells.exitPrice),
      number(cells.size), number(cells.gross), number(cells.fees), number(cells.net), number(cells.return));
    const reason = make("td", "", "reason", trades.reason(i).join(" → "));
    trades.reason(i).forEach((text, n) => {
      if (n > 0) reason.append(" → ");
      reason.append(make("bdi", text));
    });
    row.append(reason);
    return row;
  }

  function show() {
    const pages = Math.max(1, Math.ceil(state.order.length / state.rows));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const from = state.page * state.rows;
    const part = state.order.slice(from, from + state.rows);
    body.replaceChildren(...part.map(line));
    mark();
    const say = (n) => grouped(String(n));
    document.getElementById("pages-text").textContent = part.length === 0 ? "none"
      : say(from + 1) + "–" + say(from + part.length) + " of " + say(state.order.length);
    for (const button of document.querySelectorAll("[data-page]")) {
      const back = button.dataset.page === "first" || button.dataset.page === "previous";
      button.disabled = back ? state.page === 0 : state.page === pages - 1;
    }
  }

  function mark() {
    for (const row of body.rows) {
      const chosen = Number(row.dataset.trade) === state.chosen;
      row.classList.toggle("chosen", chosen);
      if (chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  for (const head of table.querySelectorAll("[data-sort]")) {
    const button = make("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const name = head.dataset.sort;
      state.down = state.sort === name ? !state.down : head.classList.contains("n") && name !== "number";
      state.sort = name;
      for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      arrange();
      show();
    });
  }
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    // Somebody who marks text wants the text.
    if (row && String(window.getSelection()) === "") onChoose(Number(row.dataset.trade), true);
  });
  document.getElementById("filter").addEventListener("change", (event) => {
    state.filter = event.target.value;
    arrange();
    show();
  });
  document.getElementById("rows").addEventListener("change", (event) => {
    state.rows = Number(event.target.value);
    show();
  });
  for (const button of document.querySelectorAll("[data-page]")) {
    button.addEventListener("click", () => {
      const last = Math.ceil(state.order.length / state.rows) - 1;
      state.page = { first: 0, previous: state.page - 1, next: state.page + 1, last }[button.dataset.page];
      show();
    });
  }
  arrange();
  show();
  return {
    choose(i) {
      state.chosen = i;
      const at = state.order.indexOf(i);
      if (at >= 0 && Math.floor(at / state.rows) !== state.page) {
        state.page = Math.floor(at / state.rows);
        show();
      } else mark();
    },
  };
}
