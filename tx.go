package tradekeel

import "context"

// Transactor runs a function inside one database transaction.
type Transactor interface {
	// InTx runs fn with a context that carries the transaction; everything that
	// stores do with that context happens together or not at all.
	//
	// A nested InTx joins the outer one. When fn, or any nested fn, returns an
	// error, all of it is rolled back, even if the outer fn swallows that error.
	// fn may be run again after a serialisation failure, so it does nothing that
	// cannot be undone: no network, no hashing, no goroutine.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
