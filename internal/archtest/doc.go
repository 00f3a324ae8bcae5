// Package archtest holds the tests that keep the architecture: which package
// may import which, which modules may be required, and what may not exist in
// the source. It has no code of its own; run it with
//
//	go test ./internal/archtest
//
// Every rule comes with small source trees that break it, so that a rule which
// stopped seeing fails its own test.
package archtest
