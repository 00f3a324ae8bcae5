// Numbers and times. Amounts are BigInt with a scale; nothing here rounds but
// for display, half away from zero, as number.go does.
const DASH = "–", NARROW = "\u202f", HARD = "\u00a0", MINUS = "\u2212";
const ten = (n) => 10n ** BigInt(n);

function block(id) {
  const element = document.getElementById("tk-" + id);
  return element ? JSON.parse(element.textContent) : null;
}

// grouped puts a plain decimal number into groups of three digits.
function grouped(plain) {
  const negative = plain.startsWith("-");
  const [whole, fraction] = (negative ? plain.slice(1) : plain).split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, NARROW);
  return (negative ? MINUS : "") + groups + (fraction === undefined ? "" : "." + fraction);
}

// divided is a ÷ b, rounded half away from zero.
function divided(a, b) {
  const negative = (a < 0n) !== (b < 0n);
  if (a < 0n) a = -a;
  if (b < 0n) b = -b;
  const q = (2n * a + b) / (2n * b);
  return negative ? -q : q;
}

function rescaled(value, scale, places) {
  return places >= scale ? value * ten(places - scale) : divided(value, ten(scale - places));
}

// plain writes value × 10^-scale with all its decimals.
function plain(value, scale) {
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString();
  if (scale > 0) {
    digits = digits.padStart(scale + 1, "0");
    digits = digits.slice(0, -scale) + "." + digits.slice(-scale);
  }
  return (negative ? "-" : "") + digits;
}

// rounded shows a value at places decimals; what is not zero keeps two digits.
function rounded(value, scale, places) {
  let shown = rescaled(value, scale, places);
  if (shown === 0n && value !== 0n) {
    places = 2 - ((value < 0n ? -value : value).toString().length - scale);
    shown = rescaled(value, scale, places);
  }
  return grouped(plain(shown, places));
}

// full returns all digits but trailing zeros where places decimals hide some,
// and an empty text where they do not.
function full(value, scale, places) {
  if (places >= scale || rescaled(rescaled(value, scale, places), places, scale) === value) return "";
  return grouped(plain(value, scale).replace(/0+$/, "").replace(/\.$/, ""));
}

// shown is a number as a cell has it: text, full digits, tone.
function shown(value, scale, places, signed) {
  const plus = signed && value > 0n ? "+" : "";
  const digits = full(value, scale, places);
  return {
    text: plus + rounded(value, scale, places),
    full: digits && plus + digits,
    tone: !signed || value === 0n ? "" : value > 0n ? "up" : "down",
  };
}

// share shows part ÷ whole in percent with two decimals.
function share(part, whole) {
  if (whole <= 0n) return { text: DASH, full: "", tone: "" };
  const plus = part > 0n ? "+" : "";
  return {
    text: plus + grouped(plain(divided(part * 10000n, whole), 2)) + HARD + "%",
    full: "",
    tone: part === 0n ? "" : part > 0n ? "up" : "down",
  };
}

// percent shows a float fraction, for charts.
function percent(fraction, sign) {
  const text = (fraction * 100).toFixed(2);
  return (sign && fraction > 0 ? "+" : "") + grouped(text === "-0.00" ? "0.00" : text) + HARD + "%";
}

function clock(seconds, withSeconds) {
  const iso = new Date(seconds * 1000).toISOString();
  return iso.slice(0, 10) + " " + iso.slice(11, withSeconds ? 19 : 16);
}

// running undoes the differences of a column.
function running(steps) {
  const out = new Float64Array(steps.length);
  let sum = 0;
  for (let i = 0; i < steps.length; i++) out[i] = sum += steps[i];
  return out;
}

// after returns how many of n rising values are at most x.
function after(x, n, at) {
  let low = 0, high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

// make builds an element with text; text is never read as HTML.
function make(tag, text, className, title) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== "") element.textContent = text;
  if (className) element.className = className;
  if (title) element.title = title;
  return element;
}
