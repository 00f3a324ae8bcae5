"use strict";

// Follows what runs: the state and the bar as events come, the page anew at the end.
for (const place of document.querySelectorAll("[data-follow]")) {
  const source = new EventSource(`/api/v1/backtests/${encodeURIComponent(place.dataset.follow)}/events`);
  const show = (event) => {
    const backtest = JSON.parse(event.data);
    place.querySelector("[data-state]").textContent = backtest.state;
    const bar = place.querySelector("progress");
    if (bar && backtest.progress.total > 0) bar.value = (100 * backtest.progress.done) / backtest.progress.total;
  };
  source.addEventListener("progress", show);
  source.addEventListener("end", (event) => {
    source.close();
    show(event);
    location.reload();
  });
}
