package trading

import (
	"fmt"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/money"
)

// LedgerAccount is one side of a posting.
type LedgerAccount uint8

// The accounts of a ledger, one of each for every asset.
const (
	Wallet  LedgerAccount = iota // what is held
	Capital                      // what was paid in; below zero
	Market                       // what was given to and got from counterparties
	Fees                         // what venues took
	Carry                        // funding, interest, dividends, insurance: what was received is below zero
	ledgerAccounts
)

// Ledger is double-entry bookkeeping in many assets: each posting moves an
// amount from one account of an asset to another, so that the accounts of every
// asset always add up to zero.
type Ledger struct {
	assets   []money.Currency
	balances [][ledgerAccounts]exchange.Units
}

// ErrLedger says that an amount left the range of the ledger.
var ErrLedger = fmt.Errorf("ledger: %w", exchange.ErrOutOfRange)

// asset returns the index of a currency, adding it when it is new.
func (l *Ledger) asset(c money.Currency) int {
	for i, have := range l.assets {
		if have == c {
			return i
		}
	}
	l.assets = append(l.assets, c)
	l.balances = append(l.balances, [ledgerAccounts]exchange.Units{})
	return len(l.assets) - 1
}

// receive posts an amount of an asset from an account to the wallet.
func (l *Ledger) receive(asset int, from LedgerAccount, amount exchange.Units) error {
	if !l.moved(asset, from, Wallet, amount) {
		return ErrLedger
	}
	return nil
}

// moved posts an amount of an asset from one account to another, and reports whether
// both stayed in range.
func (l *Ledger) moved(asset int, from, to LedgerAccount, amount exchange.Units) bool {
	b := &l.balances[asset]
	less, ok := b[from].Sub(amount)
	more, fits := b[to].Add(amount)
	if !ok || !fits {
		return false
	}
	b[from], b[to] = less, more
	return true
}

// Balance returns an account's balance in a currency.
func (l *Ledger) Balance(c money.Currency, account LedgerAccount) exchange.Units {
	for i, have := range l.assets {
		if have == c {
			return l.balances[i][account]
		}
	}
	return exchange.Units{}
}

// Assets returns the currencies that the ledger knows.
func (l *Ledger) Assets() []money.Currency { return l.assets }

// Check returns an error when the accounts of an asset do not add up to zero.
func (l *Ledger) Check() error {
	for i, accounts := range l.balances {
		var sum exchange.Units
		ok := true
		for _, b := range accounts {
			var fits bool
			sum, fits = sum.Add(b)
			ok = ok && fits
		}
		if !ok || sum.Sign() != 0 {
			return fmt.Errorf("ledger: the accounts of %s add up to %s", l.assets[i], exchange.FromUnits(sum))
		}
	}
	return nil
}
