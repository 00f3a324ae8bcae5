module github.com/tradekeel/tradekeel

go 1.26
