//go:build !race

package document

const documents = 2000
