package bundb_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
)

// A store: rows and queries, no rules.
type walletRow struct {
	bun.BaseModel `bun:"table:tk_wallet_wallets,alias:w"`

	ID        string           `bun:"id,pk"`
	OwnerID   tradekeel.UserID `bun:"owner_id"`
	Balance   bundb.Decimal    `bun:"balance"`
	CreatedAt bundb.Nanos      `bun:"created_at"`
}

// In a real store the files come from an embed.FS.
var walletSchema = bundb.Migrations{Domain: "wallet", Files: fstest.MapFS{
	"20260101000000_wallets.sql": {Data: []byte(`
		CREATE TABLE tk_wallet_wallets (
			id TEXT PRIMARY KEY,
			owner_id TEXT NOT NULL CHECK (owner_id <> ''),
			balance {{decimal}} NOT NULL,
			created_at {{time}} NOT NULL
		);
		CREATE INDEX tk_wallet_wallets_list ON tk_wallet_wallets (owner_id, created_at, id);`)},
}}

func Example() {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	applied, err := db.Migrate(ctx, walletSchema)
	fmt.Println(applied, err)

	// Everything inside happens together or not at all.
	err = db.InTx(ctx, func(ctx context.Context) error {
		for i, id := range []string{"first", "second", "third"} {
			row := walletRow{ID: id, OwnerID: "usr_ann", CreatedAt: bundb.NanosOf(time.Unix(int64(i+1), 0))}
			if _, err := db.NewInsert().Model(&row).Exec(ctx); err != nil {
				return bundb.Translate(err)
			}
		}
		db.AfterCommit(ctx, func() { fmt.Println("three wallets") })
		return nil
	})
	fmt.Println(err)

	// Read, change, write: concurrent ones lose nothing.
	err = bundb.UpdateRow(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("id = ?", "first").ApplyQueryBuilder(bundb.OwnedBy("usr_ann"))
	}, func(row *walletRow) error {
		row.Balance = bundb.DecimalOf(row.Balance.Add(decimal.RequireFromString("0.000000000000000000000000000000000001")))
		return nil
	})
	fmt.Println(err)

	// A page of a user's rows, newest first.
	newest := bundb.Keyset[walletRow, bundb.Nanos]{
		Column: "created_at",
		Of:     func(row *walletRow) (bundb.Nanos, string) { return row.CreatedAt, row.ID },
	}
	q := db.NewSelect().Model((*walletRow)(nil)).ApplyQueryBuilder(bundb.OwnedBy("usr_ann"))
	page, err := bundb.List(ctx, q, tradekeel.PageRequest{Size: 2, Total: true}, newest,
		func(row *walletRow) (string, error) { return row.ID, nil })
	fmt.Println(page.Items, page.Next != "", *page.Total, err)

	// Output:
	// [wallet/20260101000000_wallets] <nil>
	// three wallets
	// <nil>
	// <nil>
	// [third second] true 3 <nil>
}

// Queries on users' rows without their owner do not reach the database.
func Example_owner() {
	ctx := context.Background()
	db, err := sqlite.OpenMemory(ctx, sqlite.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	if _, err := db.Migrate(ctx, walletSchema); err != nil {
		fmt.Println(err)
		return
	}

	_, err = db.NewSelect().Model((*walletRow)(nil)).Where("id = ?", "first").Count(ctx)
	fmt.Println(err)
	n, err := db.NewSelect().Model((*walletRow)(nil)).Where("id = ?", "first").Where("owner_id = ?", "usr_ann").Count(ctx)
	fmt.Println(n, err)
	n, err = db.NewSelect().Model((*walletRow)(nil)).Count(bundb.AsSystem(ctx, "daily figures"))
	fmt.Println(n, err)

	// Output:
	// a query on users' rows must carry their owner: select on tk_wallet_wallets has no owner: add owner_id = ? for w to its condition
	// 0 <nil>
	// 0 <nil>
}

// Inside a transaction only its own context works.
func ExampleDB_InTx() {
	outer := context.Background()
	db, err := sqlite.OpenMemory(outer, sqlite.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	err = db.InTx(outer, func(ctx context.Context) error {
		_, err := db.NewRaw("SELECT 1").Exec(outer)
		fmt.Println(err)
		_, err = db.NewRaw("SELECT 1").Exec(ctx)
		return err
	})
	fmt.Println(err)

	// An error that somebody inside swallowed still undoes everything.
	err = db.InTx(outer, func(ctx context.Context) error {
		_ = db.InTx(ctx, func(context.Context) error { return errors.New("the card was declined") })
		return nil
	})
	fmt.Println(err)

	// Output:
	// called inside InTx with a context from outside it: pass on the context that the function was given
	// <nil>
	// the transaction was rolled back because an error inside it was not returned: the card was declined
}
