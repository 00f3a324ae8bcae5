// Package report writes the result of a backtest as one HTML file, several results
// side by side, and their numbers as CSV and JSON.
//
//	file, err := os.Create("report.html")
//	…
//	err = report.HTML(file, result)
//	err = report.Options{Fan: &fan, HeatMap: &grid}.HTML(file, result)
//	err = report.Compare(file, report.Run{Name: "10/30", Result: a}, report.Run{Name: "20/50", Result: b})
//	err = report.CSV(file, result, report.TradesTable)
//	err = report.JSON(file, result)
//
// # What a report holds
//
// Figures under their convention; equity above its drawdown, with what buying and
// holding would have made; months as a heat map; the distribution of daily returns, the
// rolling Sharpe ratio, and how far trades stood in loss and in profit; the deepest
// drawdowns; candles with the trades on them; trades in groups and one by one; refused
// orders. [Options] add what others worked out: a fan of simulated runs, a heat map of
// parameters, the candidates of a search. Beside the candles and the equity everything
// is SVG and HTML without scripts. On paper the page is light and fits the sheet, so
// that a browser's "save as PDF" gives the report to send.
//
// The file holds all it needs: style, charts and data. It opens without a
// network, asks for nothing, and its content security policy allows nothing but
// the scripts that it carries. Without JavaScript it shows the figures, the
// warnings and the first trades.
//
// # What is exact and what is condensed
//
// Prices, sizes and money travel as whole numbers with a scale and are shown in
// exact decimals. Where a number has more decimals than a reader wants, it is
// rounded half away from zero for display, and the full value is its tooltip.
// The figures are those of result.Stats under the name of their convention; what
// is undefined is a dash. Months, distribution, rolling ratio and the comparison with
// holding are of the days of crypto-365, whatever that convention is.
//
// Charts of long runs are condensed, and the page says so: candles become longer
// candles, the equity curve keeps the lowest, the highest and the last point and
// the deepest drawdown of each interval. Figures and trades are never condensed.
//
// The same result gives the same bytes: there is no clock and no chance in them.
package report
