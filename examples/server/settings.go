package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel/internal/userdir"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates"
)

// settings are what the server is told.
type settings struct {
	addr     string   // where it listens
	folder   string   // where candles and the SQLite database are
	database string   // a PostgreSQL URL or the file of a SQLite database
	hosts    []string // what it may be reached as, besides this machine's own names
	logger   *slog.Logger

	strategies []strategy.Factory // what users may run
	heartbeat  time.Duration      // of runs; 0 is the service's own
}

// loopback are this machine's own names.
var loopback = [...]string{"localhost", "127.0.0.1", "::1"}

// parse reads the arguments. flag.ErrHelp when only help was wanted.
func parse(args []string, stderr io.Writer) (settings, error) {
	s := settings{strategies: templates.Factories()}
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8080", "listen on this `address`; port 0 takes a free one")
	flags.StringVar(&s.folder, "data", "", "the `folder` of candles and the SQLite database (default "+userdir.Folder()+")")
	flags.StringVar(&s.database, "db", "", "a postgres:// `URL`, or the file of a SQLite database (default tradekeel.db in the data folder)")
	hosts := flags.String("allow-host", "", "comma-separated `names` that other machines reach it as; it has no sign-in, so put it behind something that has")
	verbose := flags.Bool("v", false, "log every request")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("%q is not a flag; -h lists them", flags.Arg(0))
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelInfo
	}
	s.logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	for name := range strings.SplitSeq(*hosts, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			s.hosts = append(s.hosts, name)
		}
	}
	if s.folder == "" {
		s.folder = userdir.Folder()
	}
	if s.folder == "" {
		return s, errors.New("there is no folder for data: name one with -data")
	}
	if s.database == "" {
		s.database = filepath.Join(s.folder, "tradekeel.db")
	}
	err := s.checkAddr()
	return s, err
}

// checkAddr refuses an address that other machines reach, unless that is wanted.
func (s *settings) checkAddr() error {
	host, _, err := net.SplitHostPort(s.addr)
	if err != nil {
		return fmt.Errorf("-addr must look like 127.0.0.1:8080, got %q", s.addr)
	}
	ip := net.ParseIP(host)
	local := slices.Contains(loopback[:], strings.ToLower(host)) || ip != nil && ip.IsLoopback()
	if !local && len(s.hosts) == 0 {
		return fmt.Errorf("other machines reach -addr %s, and this server has no sign-in: "+
			"listen on 127.0.0.1, or name what it may be reached as with -allow-host", s.addr)
	}
	if ip != nil && ip.IsLoopback() {
		s.hosts = append(s.hosts, ip.String())
	}
	return nil
}
