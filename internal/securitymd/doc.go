// Package securitymd keeps the table in SECURITY.md true: its test lists what
// must hold with the tests that show it, and fails when the file says anything
// else. Write the table anew with
//
//	go test ./internal/securitymd -update
package securitymd
