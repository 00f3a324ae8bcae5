//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package market

// lockFile does nothing: there is no flock. Store says what that means.
func lockFile(string) (unlock func(), err error) { return func() {}, nil }

// syncFolder does nothing: folders cannot be synced everywhere.
func syncFolder(string) error { return nil }

func isNameTooLong(error) bool { return false }
