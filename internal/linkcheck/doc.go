// Package linkcheck holds the test that follows every relative link in the
// Markdown files of the repository: the file must exist, and so must the
// heading or the line that the link points at. Links to other sites are left
// alone: a test needs no network.
package linkcheck
