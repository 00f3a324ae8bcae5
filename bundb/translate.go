package bundb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/tradekeel/tradekeel"
)

// What Translate and DB answer. Compare with errors.Is; each copy carries the
// driver's error as its cause, for logs.
var (
	// ErrNotFound says that no row matched; a row of another owner is such a one.
	ErrNotFound = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "storage.not_found", Message: "not found"}
	// ErrDuplicate is a violated unique or exclusion constraint.
	ErrDuplicate = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "storage.duplicate", Message: "exists already"}
	// ErrReference is a violated foreign key.
	ErrReference = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "storage.reference", Message: "refers to something that does not exist, or is still referred to"}
	// ErrCheck is a violated check constraint or trigger.
	ErrCheck = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "storage.check", Message: "is not allowed by a rule of the database"}
	// ErrRequired is a value that is missing where one must be.
	ErrRequired = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "storage.required", Message: "a required value is missing"}
	// ErrValue is a value that does not fit its column: out of range, malformed.
	ErrValue = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "storage.value", Message: "a value does not fit its column"}
	// ErrSerialization is a conflict with another transaction; this one was rolled back.
	ErrSerialization = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "storage.serialization", Message: "it changed meanwhile; try again"}
	// ErrBusy is a lock or connection that did not become free in time, or a
	// server short of memory, disk or connections. Nothing was changed.
	ErrBusy = &tradekeel.Error{Kind: tradekeel.Unavailable, Code: "storage.busy", Message: "the database is busy; try again"}
	// ErrConnection is a server that cannot be reached, or that was lost before
	// anything could take effect.
	ErrConnection = &tradekeel.Error{Kind: tradekeel.Unavailable, Code: "storage.connection", Message: "the database cannot be reached; try again"}
	// ErrOutcomeUnknown is a connection lost while a statement or a commit was
	// under way: it may have taken effect. It is not safe to retry.
	ErrOutcomeUnknown = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.outcome_unknown", Message: "the connection was lost and the outcome is unknown"}
	// ErrCanceled is a context that was over, or a statement that the server
	// canceled.
	ErrCanceled = &tradekeel.Error{Kind: tradekeel.Canceled, Code: "storage.canceled", Message: "canceled"}
	// ErrSwallowed says that a transaction was rolled back although its function
	// returned nil: an error inside it, the cause, was not passed on.
	ErrSwallowed = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.swallowed", Message: "the transaction was rolled back because an error inside it was not returned"}
	// ErrFailed is a statement after one that failed in the same transaction.
	ErrFailed = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.failed", Message: "an earlier error in this transaction leaves nothing but to return"}
	// ErrOver is a use of a transaction's context after its end.
	ErrOver = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.over", Message: "the transaction of this context is over"}
	// ErrOutside is a call inside a transaction's function with a context that
	// lacks the transaction. On SQLite it would wait for itself.
	ErrOutside = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.outside", Message: "called inside InTx with a context from outside it: pass on the context that the function was given"}
	// ErrLockOutside is SELECT … FOR UPDATE without a transaction: its lock would
	// end before anything could use it.
	ErrLockOutside = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.lock_outside", Message: "a locking read needs a transaction: call it inside InTx"}
	// ErrControl is BEGIN, COMMIT or the like as a statement: on a pool it would
	// leave a transaction open for whoever gets the connection next.
	ErrControl = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.control", Message: "transactions are begun and ended by InTx"}
	// ErrOwner is a query on users' rows without their owner. It was not run.
	ErrOwner = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.owner", Message: "a query on users' rows must carry their owner"}
)

// Translate gives an error of the database its kind, so that callers can branch
// on it. An error that is classified already passes unchanged; nil is nil. What
// it does not know becomes Internal with the error as cause.
//
//	no row                                     NotFound     ErrNotFound
//	unique, exclusion                          Conflict     ErrDuplicate
//	foreign key, check, not null, bad value    Invalid      ErrReference, ErrCheck, ErrRequired, ErrValue
//	serialisation failure, deadlock            Conflict     ErrSerialization
//	lock or resource not free                  Unavailable  ErrBusy
//	no connection                              Unavailable  ErrConnection
//	connection lost under way                  Internal     ErrOutcomeUnknown
//	context over, 57014, SQLITE_INTERRUPT      Canceled     ErrCanceled
//
// It knows pgx (and every driver whose errors have SQLState) and
// modernc.org/sqlite by the shape of their errors, without importing either.
func Translate(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*tradekeel.Error](err); ok {
		return err
	}
	if known := classify(err); known != nil {
		return known
	}
	return &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.internal", Message: "storage", Cause: err}
}

// classify returns nil for what is not an error of the database or is classified
// already.
func classify(err error) error {
	if _, ok := errors.AsType[*tradekeel.Error](err); ok {
		return nil
	}
	if state := sqlState(err); state != "" {
		if e := bySQLState(err, state); e != nil {
			return e.Because(err)
		}
		return nil
	}
	if code := sqliteCode(err); code != 0 {
		if e := bySQLiteCode(code); e != nil {
			return e.Because(err)
		}
		return nil
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound.Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ErrCanceled.Because(err)
	case neverSent(err):
		return ErrConnection.Because(err)
	case isLost(err):
		return ErrOutcomeUnknown.Because(err)
	}
	return nil
}

// sqlState returns the five characters of the SQL standard, or nothing.
func sqlState(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	return ""
}

func bySQLState(err error, state string) *tradekeel.Error {
	switch state {
	case "23505", "23P01":
		return ErrDuplicate
	case "23503":
		return ErrReference
	case "23502":
		return ErrRequired
	case "40001", "40P01":
		return ErrSerialization
	case "55P03":
		return ErrBusy
	case "57014":
		return ErrCanceled
	case "57P03", "08001", "08004": // it does not accept connections
		return ErrConnection
	case "57P01", "57P02", "57P05", "25P03", "08000", "08003", "08006", "08007":
		return ErrOutcomeUnknown
	}
	switch state[:2] {
	case "23":
		return ErrCheck
	case "22":
		return ErrValue
	case "53":
		return ErrBusy
	case "28", "3D": // refused before anything ran: wrong password, no such database
		if neverSent(err) {
			return ErrConnection
		}
	}
	return nil
}

// sqliteCode returns the extended result code of modernc.org/sqlite, or 0.
func sqliteCode(err error) int {
	e, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	if !ok || !strings.HasSuffix(fmt.Sprintf("%T", e), "sqlite.Error") {
		return 0
	}
	return e.Code()
}

// Result codes of SQLite, https://www.sqlite.org/rescode.html.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteNoMem      = 7
	sqliteInterrupt  = 9
	sqliteFull       = 13
	sqliteTooBig     = 18
	sqliteConstraint = 19
	sqliteMismatch   = 20

	sqliteForeignKey = 787
	sqliteNotNull    = 1299
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
	sqliteRowID      = 2579
)

func bySQLiteCode(code int) *tradekeel.Error {
	switch code {
	case sqlitePrimaryKey, sqliteUnique, sqliteRowID:
		return ErrDuplicate
	case sqliteForeignKey:
		return ErrReference
	case sqliteNotNull:
		return ErrRequired
	}
	switch code & 0xff {
	case sqliteBusy, sqliteLocked, sqliteNoMem, sqliteFull:
		return ErrBusy
	case sqliteInterrupt:
		return ErrCanceled
	case sqliteConstraint:
		return ErrCheck
	case sqliteTooBig, sqliteMismatch:
		return ErrValue
	}
	return nil
}

// isConflict reports whether err means that the transaction met another one,
// was rolled back, and may be run again.
func isConflict(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01", "55P03":
		return true
	}
	switch sqliteCode(err) & 0xff {
	case sqliteBusy, sqliteLocked:
		return true
	}
	return errors.Is(err, driver.ErrBadConn)
}

// neverSent reports whether err is known to come from before anything reached
// the server.
func neverSent(err error) bool {
	if e, ok := errors.AsType[interface {
		error
		SafeToRetry() bool
	}](err); ok && e.SafeToRetry() {
		return true
	}
	if errors.Is(err, driver.ErrBadConn) {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial" || strings.HasSuffix(fmt.Sprintf("%T", rootOf(err)), "pgconn.ConnectError")
}

// rootOf returns the first error of the chain that a driver made.
func rootOf(err error) error {
	for err != nil {
		if strings.Contains(fmt.Sprintf("%T", err), "pgconn.") {
			return err
		}
		err = errors.Unwrap(err)
	}
	return nil
}

// isLost reports whether the connection went away while something was under way.
func isLost(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, ErrOutcomeUnknown) {
		return true
	}
	if state := sqlState(err); state != "" {
		return bySQLState(err, state) == ErrOutcomeUnknown
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if _, ok := errors.AsType[*net.OpError](err); ok && !neverSent(err) {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || strings.Contains(err.Error(), "conn closed")
}
