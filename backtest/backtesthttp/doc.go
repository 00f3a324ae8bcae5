// Package backtesthttp serves stored backtests over HTTP.
//
//	POST   /backtests               start one
//	GET    /backtests               list one's own, newest first, page by page
//	GET    /backtests/{id}          one
//	DELETE /backtests/{id}          remove it
//	POST   /backtests/{id}/cancel   stop it
//	GET    /backtests/{id}/report   its report, a page
//	GET    /backtests/{id}/trades   its round trips, page by page
//	GET    /backtests/{id}/events   its progress, as server-sent events
//	GET    /strategies              what may run, with parameters
//	GET    /candles                 what it may run over
//
// Paths begin with Config.BasePath. Register adds the routes to a host's API,
// Handler is a whole handler for a host without one. The acting user is
// tradekeel.ActorFrom the request's context: the host's authentication sets it.
// Without one every route answers 401.
//
// Money, prices and quantities travel as strings, ratios as numbers, times as
// RFC 3339 in UTC. Errors are application/problem+json with a stable code. Input
// is strict: an unknown field or parameter is an error.
package backtesthttp
