// The page: what belongs together, the theme, and paper.
const meta = block("meta");
const trades = new Trades(block("trades"), meta);
const curve = new Curve(block("equity"), meta);
let price = null;
const equity = equityChart(curve, meta, (time, clicked) => {
  if (price) clicked ? price.go(time) : price.point(time);
});
price = priceChart(trades, curve, meta, (time) => { if (equity) equity.point(time); });
const drawn = [equity, price].filter(Boolean);

let chosen = -1;
const table = tradeTable(trades, choose);

function choose(i, scroll) {
  if (!(i >= 0 && i < trades.count)) return;
  chosen = i;
  table.choose(i);
  if (!price) return;
  price.show(i, scroll);
  const cells = trades.cells(i), of = trades.instrument(i), line = document.getElementById("selected");
  const parts = ["Trade " + grouped(String(i + 1)) + ": " + (trades.isLong(i) ? "long " : "short ") +
    cells.size.text.replace(MINUS, "") + " " + of.base + ", " + trades.when(i, trades.entry) + " at " + cells.entryPrice.text];
  if (trades.isOpen(i)) parts.push("still open");
  else parts.push(trades.when(i, trades.exit) + " at " + cells.exitPrice.text, "net " + cells.net.text + HARD + of.settle + " (" + cells.return.text + ")");
  line.textContent = parts.join(" → ") + (trades.reason(i).some(Boolean) ? ". " + trades.reason(i).join(" → ") : "");
  line.hidden = false;
}

for (const button of document.querySelectorAll("[data-chart]")) {
  const one = { equity, price }[button.dataset.chart];
  if (!one) continue;
  if (button.dataset.do === "log") logarithmic(button, one.series);
  else button.addEventListener("click", () => actions[button.dataset.do](one.chart));
}
const step = (by) => () => choose(chosen < 0 ? (by > 0 ? 0 : trades.count - 1) : Math.min(trades.count - 1, Math.max(0, chosen + by)), false);
for (const [name, by] of [["previous", -1], ["next", 1]]) {
  const button = document.querySelector('[data-do="' + name + '"]');
  if (!button) continue;
  button.disabled = trades.count === 0;
  button.addEventListener("click", step(by));
}

const root = document.documentElement, toggle = document.getElementById("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
function themed() {
  toggle.textContent = isDark() ? "Light" : "Dark";
  toggle.setAttribute("aria-label", isDark() ? "Switch to light colours" : "Switch to dark colours");
  for (const one of drawn) one.paint();
}
toggle.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  themed();
});
system.addEventListener("change", themed);
themed();

// On paper the page is light and the charts have the width of the sheet.
const SHEET = 680;
let onScreen;
window.addEventListener("beforeprint", () => {
  onScreen = root.dataset.theme;
  root.dataset.theme = "light";
  for (const one of drawn) {
    one.chart.resize(SHEET, 320);
    one.paint();
  }
});
window.addEventListener("afterprint", () => {
  if (onScreen) root.dataset.theme = onScreen;
  else delete root.dataset.theme;
  for (const one of drawn) {
    const element = one.chart.chartElement().parentElement;
    one.chart.resize(element.clientWidth, element.clientHeight);
    one.paint();
  }
});
root.dataset.ready = "true";
