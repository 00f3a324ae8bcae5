package bundb

import "testing"

// Whatever the text, the reader ends, does not panic, and what it refuses as
// unreadable it refuses in both dialects' rules.
func FuzzCheckOwners(f *testing.F) {
	for _, seed := range []string{
		`SELECT * FROM tk_a WHERE owner_id = 'x'`,
		`UPDATE tk_a`, `UPDATE tk_a SET`, `DELETE`, `INSERT INTO`, `INSERT INTO tk_a.`, `INSERT INTO tk_a AS`,
		`INSERT INTO tk_a (owner_id) VALUES ('x') ON CONFLICT (owner_id) DO UPDATE SET owner_id = EXCLUDED.owner_id`,
		`WITH`, `WITH x AS`, `WITH x AS (SELECT 1) UPDATE tk_a SET (a, owner_id) = (1, 2) FROM x WHERE owner_id = 'x'`,
		`SELECT CASE WHEN 1 THEN (2 END)`, `SELECT * FROM (tk_a a JOIN tk_b b ON`, `SELECT * FROM a.b.tk_a x (y) WHERE x.owner_id IN ('', 'a'::text)`,
		`SELECT $$ $x$ $$, E'\'', "a""b", [c], ` + "`d`" + `, X'00', 1.5e3, :a, ?1 /* /* */ */ -- x`,
		`EXPLAIN`, `VALUES (1), ((SELECT 1 FROM tk_a))`, `((SELECT 1) UNION SELECT 2)`, `select`, `;;`, `'`, `"`, `$a`, `/*`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, postgres := range []bool{false, true} {
			s := readStatement(sql, postgres)
			err := checkOwners(sql, postgres, func(string) bool { return true })
			if s.broken && err == nil {
				t.Errorf("unfinished, yet accepted: %q", sql)
			}
			if len(s.tables) == 0 && !s.broken {
				_ = checkOwners(sql, postgres, func(string) bool { return false })
			}
		}
	})
}

func TestGoroutineIDTellsGoroutinesApart(t *testing.T) {
	t.Parallel()
	here, there := goroutineID(), make(chan uint64)
	go func() { there <- goroutineID() }()
	if other := <-there; here == 0 || other == 0 || here == other || here != goroutineID() {
		t.Errorf("this goroutine is %d, another %d: does the runtime still say \"goroutine N [\"?", here, other)
	}
}
