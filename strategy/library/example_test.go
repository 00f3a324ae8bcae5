package library_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy/library"
)

// A draft is replaced, what was used stays, and a save that another one overtook is
// told so.
func ExampleService_Save() {
	ctx, actor := context.Background(), tradekeel.Actor{User: "usr_1"}
	document := func(level int) []byte {
		return fmt.Appendf(nil, `{"name": "Dip", "version": 1, "timeframe": "1h",
			"let": {"rsi": {"rsi": ["close", 14]}}, "enter": {"long": {"crosses_above": ["rsi", %d]}}, "exit": {"long": {"gt": ["rsi", 70]}},
			"size": {"percent_of_equity": 20}}`, level)
	}
	service, err := library.NewService(&library.MemoryStore{}, nil, library.ServiceConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	st, err := service.Create(ctx, actor, library.Creation{Document: document(30)})
	fmt.Println(st.Name, st.Latest, st.Draft, err)

	first := st.Base()
	st, _, err = service.Save(ctx, actor, st.ID, library.Save{Base: first, Document: document(25)})
	fmt.Println("saved:", st.Latest, err)
	_, _, err = service.Save(ctx, actor, st.ID, library.Save{Base: first, Document: document(20)})
	fmt.Println("from another window:", errors.Is(err, library.ErrChanged))

	version, _, err := service.Use(ctx, actor, st.ID, 0)
	fmt.Println("used:", version.Number, err)
	st, _, err = service.Save(ctx, actor, st.ID, library.Save{Base: st.Base(), Document: document(35)})
	fmt.Println("saved:", st.Latest, err)
	changes, err := service.Diff(ctx, actor, st.ID, 1, 2)
	fmt.Println(changes[0].Path, string(changes[0].Before), string(changes[0].After), err)
	// Output:
	// Dip 1 true <nil>
	// saved: 1 <nil>
	// from another window: true
	// used: 1 <nil>
	// saved: 2 <nil>
	// enter.long.crosses_above[1] 25 35 <nil>
}
