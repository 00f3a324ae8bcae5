// Package i18n holds what a person reads in a language of their own: texts with
// translations, and messages that a catalogue turns into words.
//
// Text is one field of something that people write: a title, a description. It
// knows the language that it was written in and the state of each translation,
// and it is one JSON value in one column (bundb.JSON[i18n.Text]). Each field falls back on its own, so
// that a page half translated still says everything.
//
//	title := i18n.MustText("en", "Moving averages")
//	title, err := title.WithTranslation("de", "Gleitende Durchschnitte", i18n.Human)
//	text, lang := title.In("de-AT", "fr") // "Gleitende Durchschnitte", "de"
//
// Message is a sentence of the program itself: a key that never changes and the
// values in it. MessageOf reads them from the errors of every domain.
//
// The package imports the standard library and the root package only. Values are
// immutable: they may be shared among goroutines.
package i18n
