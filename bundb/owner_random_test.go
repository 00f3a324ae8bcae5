package bundb_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/bundb"
)

// TestS15_AcceptedQueriesShowOneOwner writes thousands of random queries that know
// one owner. Those that the check lets through are run: not one may show a row
// of somebody else.
func TestS15_AcceptedQueriesShowOneOwner(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		var fills []fillRow
		for i, owner := range []string{"usr_ann", "usr_bob", "usr_ann", "usr_bob"} {
			id := string(rune('a' + i))
			_, err := db.NewInsert().Model(&botRow{ID: id, OwnerID: ann, Name: id, Runs: int64(i)}).Value("owner_id", "?", owner).Exec(t.Context())
			ok(t, err)
			fills = append(fills, fillRow{ID: id, OwnerID: bob, BotID: id}, fillRow{ID: "x" + id, OwnerID: ann, BotID: id})
			ok(t, addPlan(t.Context(), db, id))
		}
		_, err := db.NewInsert().Model(&fills).Exec(t.Context())
		ok(t, err)

		seed := rand.Uint64()
		g := grammar{rand.New(rand.NewPCG(seed, 0))}
		ran, refused, failed := 0, 0, 0
		for range 4000 {
			query := g.query()
			owners, err := shown(t, db, query)
			switch {
			case errors.Is(err, bundb.ErrOwner):
				refused++
			case err != nil:
				failed++
				t.Logf("not a query: %s: %v", query, err)
			default:
				ran++
				for _, owner := range owners {
					if owner != string(ann) {
						t.Errorf("seed %d: a row of %s is shown by %s", seed, owner, query)
						return
					}
				}
			}
		}
		if ran < 200 || refused < 200 || failed > 0 {
			t.Errorf("%d ran, %d were refused, %d failed: the queries prove little", ran, refused, failed)
		}
	})
}

// shown runs a query whose columns are all owners.
func shown(t *testing.T, db *bundb.DB, query string) (owners []string, err error) {
	var pairs []struct {
		A sql.NullString `bun:"a"`
		B sql.NullString `bun:"b"`
	}
	err = db.NewRaw(query).Scan(t.Context(), &pairs)
	for _, p := range pairs {
		for _, o := range []sql.NullString{p.A, p.B} {
			if o.Valid {
				owners = append(owners, o.String)
			}
		}
	}
	return owners, err
}

type grammar struct{ *rand.Rand }

func (g grammar) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g grammar) query() string {
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("SELECT owner_id AS a, NULL AS b FROM tk_zoo_bots b%s", g.where("b"))
	case 1:
		return fmt.Sprintf("SELECT b.owner_id AS a, (SELECT max(f.owner_id) FROM tk_zoo_fills f WHERE %s) AS b FROM tk_zoo_bots b%s", g.condition(2, "f", "b"), g.where("b"))
	case 2:
		return fmt.Sprintf("WITH m AS (SELECT * FROM tk_zoo_bots b%s) SELECT m.owner_id AS a, f.owner_id AS b FROM m %s tk_zoo_fills f ON %s%s",
			g.where("b"), g.pick("JOIN", "LEFT JOIN"), g.condition(2, "f", "m"), g.where("f", "m"))
	case 3:
		return fmt.Sprintf("SELECT b.owner_id AS a, f.owner_id AS b FROM tk_zoo_plans p %s tk_zoo_bots b ON %s %s tk_zoo_fills f ON %s%s",
			g.join(), g.condition(1, "b"), g.join(), g.condition(2, "b", "f"), g.where("b", "f"))
	case 4:
		return fmt.Sprintf("SELECT b.owner_id AS a, f.owner_id AS b FROM tk_zoo_bots b, tk_zoo_fills f%s", g.where("b", "f"))
	}
	return fmt.Sprintf("SELECT b.owner_id AS a, f.owner_id AS b FROM tk_zoo_bots b %s tk_zoo_fills f ON %s%s", g.join(), g.condition(2, "b", "f"), g.where("b", "f"))
}

func (g grammar) join() string {
	return g.pick("JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN")
}

func (g grammar) where(aliases ...string) string {
	if g.IntN(8) == 0 {
		return ""
	}
	return " WHERE " + g.condition(2, aliases...)
}

func (g grammar) condition(depth int, aliases ...string) string {
	if depth > 0 {
		switch g.IntN(7) {
		case 0, 1, 2:
			return g.condition(depth-1, aliases...) + " AND " + g.condition(depth-1, aliases...)
		case 3:
			return g.condition(depth-1, aliases...) + " OR " + g.condition(depth-1, aliases...)
		case 4:
			return "NOT (" + g.condition(depth-1, aliases...) + ")"
		case 5:
			return "(" + g.condition(depth-1, aliases...) + ")"
		}
	}
	a, b := g.pick(aliases...), g.pick(aliases...)
	return strings.NewReplacer("@", a, "%", b).Replace(g.pick(
		"@.owner_id = 'usr_ann'", "@.owner_id = 'usr_ann'", "@.owner_id = 'usr_ann'", "'usr_ann' = @.owner_id", "@.owner_id IN ('usr_ann')",
		"@.owner_id = %.owner_id", "@.owner_id = %.owner_id", "@.owner_id <> 'usr_ann'", "@.owner_id >= 'usr_ann'",
		"@.id = %.id", "@.id <> 'b'", "@.id BETWEEN 'a' AND 'c'", "1 = 1",
		"CASE WHEN @.id = 'a' AND @.owner_id = 'usr_ann' AND 1 = 1 THEN 1 = 1 ELSE 1 = 1 END",
		"EXISTS (SELECT 1 FROM tk_zoo_bots x WHERE x.owner_id = @.owner_id AND @.owner_id = 'usr_ann')"))
}
