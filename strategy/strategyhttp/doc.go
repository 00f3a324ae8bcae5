// Package strategyhttp serves users' strategies over HTTP.
//
//	POST   /library/validate                                    check a document, store nothing
//	POST   /library/strategies                                  create a strategy
//	GET    /library/strategies                                  list one's own, newest first, page by page
//	GET    /library/strategies/{id}                             one
//	PATCH  /library/strategies/{id}                             rename, describe, archive, restore
//	DELETE /library/strategies/{id}                             remove it, or archive it if it was used
//	POST   /library/strategies/{id}/clone                       a new one of a version of it
//	POST   /library/strategies/{id}/versions                    save a document
//	GET    /library/strategies/{id}/versions                    its versions, the latest first
//	GET    /library/strategies/{id}/versions/{version}          a version with its document
//	POST   /library/strategies/{id}/versions/{version}/explain  why it decides as it does at a close
//	GET    /library/strategies/{id}/diff                        what changed between two versions
//	GET    /library/templates                                   what to begin with
//	GET    /library/templates/{id}                              one, with its document
//	POST   /library/templates/{id}/clone                        a new strategy of it
//	GET    /schemas/strategy.json                               the JSON Schema of documents; for everybody
//
// Strategies of the program itself, in Go, are not here: backtesthttp lists them at
// /strategies.
//
// Paths begin with Config.BasePath. Register adds the routes to a host's API,
// Handler is a whole handler for a host without one. The acting user is
// tradekeel.ActorFrom the request's context: the host's authentication sets it.
// Without one every route but the schema answers 401.
//
// Documents travel as they are: JSON objects of the schema. A fault of one is named
// by its path, such as body.document.enter.long.all[1].
package strategyhttp
