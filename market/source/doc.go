// Package source brings candles in: from files, from trades and from venues.
package source
