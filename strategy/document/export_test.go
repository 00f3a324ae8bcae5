package document

// Operators are the names of all operators but on.
func Operators() []string {
	var out []string
	for _, o := range operators() {
		out = append(out, o.name)
	}
	return out
}
