// Package golden reads the reference folder: market data and results of other
// programs that may not be passed on with this code. TRADEKEEL_REFERENCE_DATA
// names it; tests take every file that they find there by its name, so that
// another folder of the same layout tests other data.
package golden

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Variable names the folder.
const Variable = "TRADEKEEL_REFERENCE_DATA"

// Folder returns the reference folder. Without one it skips the test, and says
// what covers the same with what is bundled.
func Folder(t testing.TB, otherwise string) string {
	t.Helper()
	folder := os.Getenv(Variable)
	if folder == "" {
		t.Skipf("%s names no folder of reference data; %s", Variable, otherwise)
	}
	return folder
}

// Files returns the files of a pattern below the folder; none is a failure.
func Files(t testing.TB, folder string, pattern ...string) []string {
	t.Helper()
	path := filepath.Join(append([]string{folder}, pattern...)...)
	files, err := filepath.Glob(path)
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no %s: %v", path, err)
	}
	return files
}

// Candles returns the path of a file of candles, packed or not.
func Candles(t testing.TB, folder, name string) string {
	t.Helper()
	return Files(t, folder, "ohlcv", name+".csv*")[0]
}

// JSON reads a file into v.
func JSON(t testing.TB, path string, v any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Row is a row of a CSV file by the names of its columns.
type Row map[string]string

// Float returns a cell as a number.
func (r Row) Float(t testing.TB, column string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(r[column], 64)
	if err != nil {
		t.Fatalf("column %s: %v", column, err)
	}
	return v
}

// Table reads a CSV file; a name that ends in .gz is unpacked. It returns the rows
// and the header apart.
func Table(t testing.TB, path string) (rows [][]string, header []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var in io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	all, err := csv.NewReader(in).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %v", path, err)
	}
	return all[1:], all[0]
}

// Rows reads a CSV file with a header as rows by the names of its columns.
func Rows(t testing.TB, path string) []Row {
	t.Helper()
	table, header := Table(t, path)
	rows := make([]Row, len(table))
	for i, cells := range table {
		rows[i] = Row{}
		for j, cell := range cells {
			rows[i][header[j]] = cell
		}
	}
	return rows
}
