package matching

type depth struct{}
