package i18n_test

import (
	"fmt"

	"github.com/tradekeel/tradekeel/i18n"
)

// A title in two languages, before and after its author changed it.
func ExampleText() {
	title := i18n.MustText("en", "Moving averages")
	title, err := title.WithTranslation("de", "Gleitende Durchschnitte", i18n.Human)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(title.In("de-AT", "fr"))
	fmt.Println(title.In("fr"))

	title, err = title.WithSource("en", "Crossing averages")
	fmt.Println(title.In("de"))
	fmt.Println(title.StaleIn(), err)
	// Output:
	// Gleitende Durchschnitte de
	// Moving averages en
	// Gleitende Durchschnitte de
	// [de] <nil>
}
