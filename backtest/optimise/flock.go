//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package optimise

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the exclusive lock of a file, which ends with the file or the process;
// false when another holds it.
func tryLock(file *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return err == nil, err
		}
	}
}
