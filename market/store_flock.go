//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package market

import (
	"errors"
	"os"
	"syscall"
)

// lockFile waits for the exclusive lock of a file, which ends with the returned
// function or with the process.
func lockFile(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}

func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	return err
}

func isNameTooLong(err error) bool { return errors.Is(err, syscall.ENAMETOOLONG) }
