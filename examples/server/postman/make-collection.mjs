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

// Each route once, in the order of a conversation.
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
    { key: "id", value: "" },
  ],
  item: [
    { name: "A backtest from start to end", item: plan.map(request) },
    { name: "Refused", item: refused.map(request) },
  ],
};
const missing = [...byRoute.keys()].filter((route) => !plan.some((step) => step.route === route));
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
        ...(url.variable?.length ? { variable: url.variable.map(({ key }) => ({ key, value: `{{${key}}}` })) } : {}),
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
