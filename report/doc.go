// Package report writes the result of a backtest as one HTML file.
//
//	file, err := os.Create("report.html")
//	…
//	err = report.HTML(file, result)
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
// is undefined is a dash.
//
// Charts of long runs are condensed, and the page says so: candles become longer
// candles, the equity curve keeps the lowest, the highest and the last point and
// the deepest drawdown of each interval. Figures and trades are never condensed.
//
// The same result gives the same bytes: there is no clock and no chance in them.
package report
