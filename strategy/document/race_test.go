//go:build race

package document

// documents of chance are fewer where each costs ten times as much.
const documents = 200
