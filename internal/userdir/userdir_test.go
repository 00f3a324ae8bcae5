package userdir_test

import (
	"path/filepath"
	"testing"

	"github.com/tradekeel/tradekeel/internal/userdir"
)

func TestFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", home)
	if got := userdir.Folder(); got != filepath.Join(home, "tradekeel") {
		t.Errorf("got %q", got)
	}
	t.Setenv("XDG_DATA_HOME", "relative") // the standard says to ignore it
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("HOME", home)
	if got := userdir.Folder(); filepath.Base(got) != "tradekeel" || !filepath.IsAbs(got) {
		t.Errorf("got %q", got)
	}
}
