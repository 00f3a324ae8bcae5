// Makes the Postman collection from an OpenAPI document:
//
//   node make-collection.mjs openapi.json tradekeel.postman_collection.json
//
// The converter knows requests, not a conversation. This adds their order, the
// ids that one answer gives to the next request, and what each must answer. The
// same document gives the same bytes.
import { readFile, writeFile } from "node:fs/promises";
import converter from "openapi-to-postmanv2";

const api = "/api/v1";
const json = "application/json";
const problem = "application/problem+json";

// The document of the conversation about a strategy, and its next version.
const dip = (level) => ({
  name: "Dip in an uptrend", version: 1, timeframe: "1h",
  params: { fast: { default: 50, min: 10, max: 100, step: 5 } },
  let: { trend: { ema: ["close", "$fast"] }, rsi: { rsi: ["close", 14] } },
  enter: { long: { all: [{ gt: ["close", "trend"] }, { crosses_above: ["rsi", level] }] } },
  exit: { long: { gt: ["rsi", 70] } },
  size: { percent_of_equity: 20 },
  stop: { atr: [14, 2.5] }, target: { percent: 6 },
});
const library = `${api}/library/strategies`;
const mine = { id: "{{strategyId}}" };

// A strategy from an idea to a backtest; with the plan below each route once at least.
const strategies = [
  { route: `GET ${api}/schemas/strategy.json`, status: 200, type: "application/schema+json", tests: ['pm.expect(pm.response.json().$schema).to.include("2020-12");', 'pm.expect(pm.response.headers.get("ETag")).to.be.a("string");'] },
  { route: `GET ${api}/library/templates`, status: 200, type: json, query: { lang: "de,en" }, tests: ["const first = pm.response.json().items[0];", 'pm.expect(first.name).to.be.a("string");', 'pm.collectionVariables.set("templateId", first.id);'] },
  { route: `GET ${api}/library/templates/{id}`, status: 200, type: json, path: { id: "{{templateId}}" }, tests: ['pm.expect(pm.response.json().document.version).to.equal(1);'] },
  {
    route: `POST ${api}/library/validate`, status: 200, type: json, body: { document: dip(35) },
    tests: ["const found = pm.response.json();", "pm.expect(found.warmup).to.be.above(0);", 'pm.expect(found.parameters[0].name).to.equal("fast");'],
  },
  {
    route: `POST ${library}`, status: 201, type: json, body: { document: dip(35), note: "the first idea" },
    tests: [
      "const strategy = pm.response.json();",
      'pm.expect(pm.response.headers.get("Location")).to.equal("' + library + '/" + strategy.id);',
      "pm.expect(strategy.latest.version).to.equal(1);",
      'pm.collectionVariables.set("strategyId", strategy.id);',
      'pm.collectionVariables.set("hash", strategy.latest.hash);',
    ],
  },
  { route: `GET ${library}`, status: 200, type: json, query: { size: "5", name: "DIP" }, tests: ['pm.expect(pm.response.json().items.map((s) => s.id)).to.include(pm.collectionVariables.get("strategyId"));'] },
  { route: `GET ${library}/{id}`, status: 200, type: json, path: mine, tests: ["pm.expect(pm.response.json().draft).to.equal(true);"] },
  {
    route: `POST ${api}/backtests`, name: "Start a backtest of it", status: 201, type: json,
    body: { strategy: "library:{{strategyId}}@1", params: { fast: 30 }, data: "binance:BTC/USDT:1h", cash: { value: "10000", currency: "USDT" }, fee_rate: "0.001", accept_gaps: true },
    tests: ['pm.collectionVariables.set("id", pm.response.json().id);'],
  },
  { route: `GET ${api}/backtests/{id}/events`, name: "Follow it", status: 200, type: "text/event-stream", tests: ['pm.expect(pm.response.text()).to.match(/event: end\\ndata: .*"state":"done"/);'] },
  {
    route: `GET ${api}/backtests/{id}`, name: "Get what came of it", status: 200, type: json,
    tests: ["const backtest = pm.response.json();", 'pm.expect(backtest.summary.strategy).to.equal("Dip in an uptrend, version 1");', "pm.expect(backtest.summary.stats.trades).to.be.above(0);"],
  },
  {
    route: `GET ${api}/backtests/{id}/explanation`, status: 200, type: json, query: { at: "2021-03-04T09:00:00Z" },
    tests: ["const why = pm.response.json();", 'pm.expect(why.time).to.equal("2021-03-04T09:00:00Z");', 'pm.expect(why.text).to.include("crosses_above");'],
  },
  {
    route: `POST ${library}/{id}/versions`, status: 200, type: json, path: mine, note: "Version 1 was used: this makes version 2.",
    body: { base: { version: 1, hash: "{{hash}}" }, document: dip(40), note: "buys earlier" },
    tests: ["pm.expect(pm.response.json().version).to.equal(2);"],
  },
  { route: `GET ${library}/{id}/versions`, status: 200, type: json, path: mine, tests: ["pm.expect(pm.response.json().items.map((v) => [v.version, v.used])).to.deep.equal([[2, false], [1, true]]);"] },
  { route: `GET ${library}/{id}/versions/{version}`, status: 200, type: json, path: { ...mine, version: "1" }, tests: ['pm.expect(pm.response.json().hash).to.equal(pm.collectionVariables.get("hash"));'] },
  {
    route: `GET ${library}/{id}/diff`, status: 200, type: json, path: mine, query: { from: "1", to: "2" },
    tests: ['pm.expect(pm.response.json().changes).to.deep.equal([{ path: "enter.long.all[1].crosses_above[1]", kind: "changed", before: 35, after: 40 }]);'],
  },
  {
    route: `POST ${library}/{id}/versions/{version}/explain`, status: 200, type: json, path: { ...mine, version: "2" },
    tests: ["const why = pm.response.json();", 'pm.expect(why.time).to.equal("2021-03-04T09:00:00Z");', 'pm.expect(why.text).to.include("crosses_above");'],
  },
  { route: `PATCH ${library}/{id}`, status: 200, type: json, path: mine, tests: ['pm.expect(pm.response.json().name).to.equal("Dips, bought");'] },
  { route: `POST ${library}/{id}/clone`, status: 201, type: json, path: mine, tests: ['pm.collectionVariables.set("cloneId", pm.response.json().id);'] },
  { route: `DELETE ${library}/{id}`, name: "Delete the clone", status: 200, type: json, path: { id: "{{cloneId}}" }, note: "It was never used: it is removed.", tests: ["pm.expect(pm.response.json().archived).to.equal(false);"] },
  { route: `POST ${api}/library/templates/{id}/clone`, status: 201, type: json, path: { id: "{{templateId}}" }, tests: ["pm.expect(pm.response.json().latest.version).to.equal(1);"] },
  {
    route: `POST ${library}/{id}/versions`, name: "Save over another save", status: 409, type: problem, path: mine, note: "It is based on version 1, and version 2 came meanwhile.",
    body: { base: { version: 1, hash: "{{hash}}" }, document: dip(20) },
    tests: ['pm.expect(pm.response.json().code).to.equal("strategy.changed");'],
  },
  { route: `DELETE ${library}/{id}`, status: 200, type: json, path: mine, note: "It was used: it is archived.", tests: ["pm.expect(pm.response.json().archived).to.equal(true);"] },
];

// A backtest from start to end.
const plan = [
  { route: `GET ${api}/strategies`, status: 200, type: json, tests: ['pm.expect(pm.response.json().items.map((s) => s.name)).to.include("sma_cross");'] },
  { route: `GET ${api}/candles`, status: 200, type: json, tests: ['pm.expect(pm.response.json().items.map((c) => c.key)).to.include("binance:BTC/USDT:1h");'] },
  {
    route: `POST ${api}/backtests`, status: 201, type: json,
    tests: [
      "const backtest = pm.response.json();",
      'pm.expect(pm.response.headers.get("Location")).to.equal("' + api + '/backtests/" + backtest.id);',
      'pm.collectionVariables.set("id", backtest.id);',
    ],
  },
  {
    route: `GET ${api}/backtests/{id}/events`, status: 200, type: "text/event-stream",
    tests: ['pm.expect(pm.response.text()).to.match(/event: end\\ndata: .*"state":"done"/);'],
  },
  {
    route: `GET ${api}/backtests/{id}`, status: 200, type: json,
    tests: [
      "const backtest = pm.response.json();",
      'pm.expect(backtest.state).to.equal("done");',
      "pm.expect(backtest.summary.stats.trades).to.be.above(0);",
      'pm.expect(backtest.summary.final.value).to.be.a("string");',
    ],
  },
  {
    route: `GET ${api}/backtests`, status: 200, type: json,
    query: { size: "5", total: "true", state: "done", strategy: "sma_cross" },
    tests: ["const page = pm.response.json();", 'pm.expect(page.items.map((b) => b.id)).to.include(pm.collectionVariables.get("id"));', "pm.expect(page.total).to.be.above(0);"],
  },
  {
    route: `GET ${api}/backtests/{id}/trades`, status: 200, type: json, query: { size: "5" },
    tests: ["const page = pm.response.json();", "pm.expect(page.items.length).to.equal(Math.min(5, page.total));", 'pm.expect(page.items[0].net.value).to.be.a("string");'],
  },
  { route: `GET ${api}/backtests/{id}/report`, status: 200, type: "text/html", tests: ['pm.expect(pm.response.text()).to.include("sma_cross");'] },
  {
    route: `POST ${api}/backtests/{id}/cancel`, status: 409, type: problem, note: "It has ended already.",
    tests: ['pm.expect(pm.response.json().code).to.equal("backtest.finished");'],
  },
  { route: `DELETE ${api}/backtests/{id}`, status: 204, tests: ["pm.expect(pm.response.text()).to.equal('');"] },
];

// The same requests again, with what must be refused.
const refused = [
  {
    route: `POST ${api}/library/validate`, name: "Check a document with faults", status: 422, type: problem,
    body: { document: { ...dip(35), exit: { long: { gt: ["rsl", 70] } }, target: { percent: -6 } } },
    tests: ['pm.expect(pm.response.json().errors.map((e) => e.location)).to.have.members(["body.document.exit.long.gt[0]", "body.document.target.percent"]);'],
  },
  {
    route: `GET ${library}/{id}`, name: "Get a strategy that is not there", status: 404, type: problem, path: { id: "str_none" },
    tests: ['pm.expect(pm.response.json().code).to.equal("strategy.not_found");'],
  },
  {
    route: `POST ${api}/backtests`, name: "Start a strategy that is not there", status: 422, type: problem,
    body: { strategy: "library:str_none@1", data: "binance:BTC/USDT:1h", cash: { value: "1", currency: "USDT" }, accept_gaps: true },
    tests: ['pm.expect(pm.response.json().errors[0]).to.deep.include({ location: "body.strategy", code: "strategy.unknown" });'],
  },
  {
    route: `GET ${api}/backtests/{id}`, name: "Get what was deleted", status: 404, type: problem,
    tests: ['pm.expect(pm.response.json().code).to.equal("backtest.not_found");'],
  },
  {
    route: `POST ${api}/backtests`, name: "Start with faults", status: 422, type: problem,
    body: { strategy: "sma_cros", data: "binance:BTC/USDT:1h", cash: { value: "-1", currency: "USDT" }, accept_gaps: true },
    tests: ['pm.expect(pm.response.json().errors.map((e) => e.location)).to.have.members(["body.strategy", "body.cash"]);'],
  },
  {
    route: `POST ${api}/backtests`, name: "Start with an unknown field", status: 422, type: problem,
    body: { strategy: "sma_cross", data: "binance:BTC/USDT:1h", cash: { value: "1", currency: "USDT" }, acept_gaps: true },
    tests: ['pm.expect(pm.response.json().errors[0]).to.deep.include({ location: "body.acept_gaps", code: "http.unknown_field" });'],
  },
];

const [source, target] = process.argv.slice(2);
if (!source || !target) {
  console.error("usage: node make-collection.mjs openapi.json collection.json");
  process.exit(2);
}
const byRoute = routes(await convert(await readFile(source, "utf8")));
const collection = {
  info: {
    name: "Tradekeel",
    description: "Made by make-collection.mjs from the OpenAPI document of the example server. Set baseUrl.",
    schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
  },
  variable: [
    { key: "baseUrl", value: "http://127.0.0.1:8080" },
    ...["id", "strategyId", "cloneId", "templateId", "hash"].map((key) => ({ key, value: "" })),
  ],
  item: [
    { name: "A strategy from an idea to a backtest", item: strategies.map(request) },
    { name: "A backtest from start to end", item: plan.map(request) },
    { name: "Refused", item: refused.map(request) },
  ],
};
const missing = [...byRoute.keys()].filter((route) => ![...strategies, ...plan].some((step) => step.route === route));
if (missing.length > 0) throw new Error(`the plan lacks ${missing.join(", ")}`);
await writeFile(target, JSON.stringify(collection, null, 2) + "\n");

function convert(document) {
  const options = { parametersResolution: "Example", folderStrategy: "Paths", optimizeConversion: true };
  return new Promise((resolve, reject) => {
    converter.convertV2({ type: "string", data: document }, options, (error, result) => {
      if (error || !result.result) reject(error ?? new Error(result.reason));
      else resolve(result.output[0].data);
    });
  });
}

// The converted requests by method and path.
function routes(converted) {
  const found = new Map();
  const walk = (item) => {
    item.item?.forEach(walk);
    if (!item.request) return;
    const path = item.request.url.path.map((part) => (part.startsWith(":") ? `{${part.slice(1)}}` : part));
    found.set(`${item.request.method} /${path.join("/")}`, item);
  };
  converted.item.forEach(walk);
  return found;
}

// One request of the conversation, without what the converter made up.
function request(step) {
  const converted = byRoute.get(step.route);
  if (!converted) throw new Error(`the document has no ${step.route}`);
  const { method, url, header, body, description } = converted.request;
  const query = (url.query ?? [])
    .filter(({ key }) => step.query?.[key] !== undefined)
    .map(({ key, description }) => ({ key, value: step.query[key], description }));
  const out = {
    name: step.name ?? converted.name,
    event: [{ listen: "test", script: { type: "text/javascript", exec: script(step) } }],
    request: {
      method,
      header: header.map(({ key, value }) => ({ key, value })),
      url: {
        raw: `{{baseUrl}}/${url.path.join("/")}${query.length ? "?" + query.map(({ key, value }) => `${key}=${value}`).join("&") : ""}`,
        host: url.host,
        path: url.path,
        ...(query.length ? { query } : {}),
        ...(url.variable?.length ? { variable: url.variable.map(({ key }) => ({ key, value: step.path?.[key] ?? `{{${key}}}` })) } : {}),
      },
      description: [description?.content, step.note].filter(Boolean).join(" "),
    },
  };
  if (step.body) out.request.body = { mode: "raw", raw: JSON.stringify(step.body, null, 2), options: { raw: { language: "json" } } };
  else if (body?.raw) out.request.body = { mode: "raw", raw: body.raw, options: { raw: { language: "json" } } };
  return out;
}

function script({ status, type, tests }) {
  const title = type ? `answers ${status} as ${type}` : `answers ${status}`;
  return [
    `pm.test(${JSON.stringify(title)}, () => {`,
    `  pm.response.to.have.status(${status});`,
    ...(type ? [`  pm.expect(pm.response.headers.get("Content-Type").split(";")[0]).to.equal(${JSON.stringify(type)});`] : []),
    "});",
    'pm.test("says what it should", () => {',
    ...tests.map((line) => "  " + line),
    "});",
  ];
}
