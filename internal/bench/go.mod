module github.com/tradekeel/tradekeel/internal/bench

go 1.26.0

require (
	github.com/markcheno/go-talib v0.0.0-20250114000313-ec55a20c902f
	github.com/tradekeel/tradekeel v0.0.0
)

require (
	github.com/shopspring/decimal v1.6.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

replace github.com/tradekeel/tradekeel => ../..
