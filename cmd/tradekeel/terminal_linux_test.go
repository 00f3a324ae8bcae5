package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"github.com/rogpeppe/go-internal/testscript"
)

// terminal runs the program with its standard error on a terminal and keeps what is
// written there in a file: terminal FILE PROGRAM ARGS….
func terminal(ts *testscript.TestScript, _ bool, args []string) {
	master, slave, err := openTerminal()
	ts.Check(err)
	defer master.Close()
	command := exec.Command(binary, args[2:]...)
	command.Dir = ts.MkAbs(".")
	for _, name := range []string{envStore, envBinance, "NO_COLOR", "TERM", "HOME"} {
		command.Env = append(command.Env, name+"="+ts.Getenv(name))
	}
	command.Stderr = slave
	ts.Check(command.Start())
	ts.Check(slave.Close())
	out, err := io.ReadAll(master)
	if err != nil && !errors.Is(err, syscall.EIO) { // how Linux tells that the other end is closed
		ts.Fatalf("read the terminal: %v", err)
	}
	ts.Check(command.Wait())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out, 0o600))
}

// openTerminal makes a pair of a terminal: what is written to the slave is read from
// the master.
func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	var unlock, number int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			return nil, nil, errors.Join(errno, master.Close())
		}
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	return master, slave, err
}
