// Package userdir says where a user's candles and databases are unless they are told
// to be elsewhere.
package userdir

import (
	"os"
	"path/filepath"
)

// Folder is the user's folder of Tradekeel; empty when the system knows none.
func Folder() string {
	if folder := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(folder) {
		return filepath.Join(folder, "tradekeel")
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "tradekeel")
}

// Candles is the folder of the candle store in a user's folder.
func Candles(folder string) string { return filepath.Join(folder, "candles") }
