package candle

// rule is what a pattern is.
type rule struct {
	name        Pattern
	talib       string
	text        string
	direction   Direction
	penetration float64 // the standard of the parameter; 0 for a pattern without
	warmup      int
	early       int // how many bars before the end of the warm-up it is judged, for what they start
	needs       need
	marks       []mark // of the last candles, the newest first: what is quick to refuse
	whole       bool   // the marks of the last candle are the whole pattern, a bullish one or one without direction
	judge       func(b *bars, i int) float64
}

// rules are all patterns, in TA-Lib's order.
var rules = []rule{
	{
		name: TwoCrows, talib: "CDL2CROWS", direction: Bearish, warmup: 12,
		needs: needLong, marks: []mark{black, black, white | long}, judge: twoCrows,
		text: "after a long white candle two black ones above it, the second closing into it",
	},
	{
		name: ThreeBlackCrows, talib: "CDL3BLACKCROWS", direction: Bearish, warmup: 13,
		needs: needTiny, marks: []mark{black | noLower, black | noLower, black | noLower, white}, judge: threeBlackCrows,
		text: "three black candles after a white one, each opening in the body before and closing lower, near its low",
	},
	{
		name: ThreeInside, talib: "CDL3INSIDE", direction: Both, warmup: 12,
		needs: needLong, marks: []mark{0, notLong, long}, judge: threeInside,
		text: "a long body, a short one within it, and a close beyond the first open",
	},
	{
		name: ThreeLineStrike, talib: "CDL3LINESTRIKE", direction: Both, warmup: 8,
		needs: needNear, marks: []mark{black, white, white, white}, judge: threeLineStrike,
		text: "three candles one way, and a fourth that takes them all back",
	},
	{
		name: ThreeOutside, talib: "CDL3OUTSIDE", direction: Both, warmup: 3,
		needs: 0, judge: threeOutside,
		text: "a body that engulfs the one before, and a close further the same way",
	},
	{
		name: ThreeStarsInTheSouth, talib: "CDL3STARSINSOUTH", direction: Bullish, warmup: 12,
		needs: needLong | needTiny, marks: []mark{black | short | noUpper | noLower, black, black | long}, judge: threeStarsInTheSouth,
		text: "three black candles, each smaller and with a higher low; the last a short marubozu",
	},
	{
		name: ThreeWhiteSoldiers, talib: "CDL3WHITESOLDIERS", direction: Bullish, warmup: 12,
		needs: needLong | needTiny | needNear | needFar, marks: []mark{white | noUpper | long, white | noUpper, white | noUpper}, judge: threeWhiteSoldiers,
		text: "three white candles of much the same size, each closing higher, near its high",
	},
	{
		name: AbandonedBaby, talib: "CDLABANDONEDBABY", direction: Both, warmup: 12,
		needs: needLong | needTiny, marks: []mark{long, tiny, long}, judge: abandonedBaby, penetration: 0.3,
		text: "a doji with gaps on both sides between a long candle and one back into it",
	},
	{
		name: AdvanceBlock, talib: "CDLADVANCEBLOCK", direction: Bearish, warmup: 12,
		needs: needLong | needShadow | needNear | needFar, marks: []mark{white, white, white | long}, judge: advanceBlock,
		text: "three white candles with higher closes that weaken",
	},
	{
		name: BeltHold, talib: "CDLBELTHOLD", direction: Both, warmup: 10,
		needs: needLong | needTiny, judge: beltHold,
		text: "a long candle without a shadow where it opens",
	},
	{
		name: Breakaway, talib: "CDLBREAKAWAY", direction: Both, warmup: 14,
		needs: needLong, marks: []mark{white, black, 0, black, black | long}, judge: breakaway,
		text: "a gap after a long candle, a run on, and a candle back into the gap",
	},
	{
		name: ClosingMarubozu, talib: "CDLCLOSINGMARUBOZU", direction: Both, warmup: 10,
		needs: needLong | needTiny, judge: closingMarubozu,
		text: "a long candle without a shadow where it closes",
	},
	{
		name: ConcealingBabySwallow, talib: "CDLCONCEALBABYSWALL", direction: Bullish, warmup: 13,
		needs: needTiny, marks: []mark{black, black, black | noUpper | noLower, black | noUpper | noLower}, judge: concealingBabySwallow,
		text: "two black marubozus, a black candle with a gap and an upper shadow, and one that engulfs it",
	},
	{
		name: Counterattack, talib: "CDLCOUNTERATTACK", direction: Both, warmup: 11,
		needs: needLong | needEqual, judge: counterattack,
		text: "two long candles of opposite colour with equal closes",
	},
	{
		name: DarkCloudCover, talib: "CDLDARKCLOUDCOVER", direction: Bearish, warmup: 11,
		needs: needLong, judge: darkCloudCover, penetration: 0.5,
		text: "a black candle that opens above the high of a long white one and closes deep in its body",
	},
	{
		name: Doji, talib: "CDLDOJI", direction: Neutral, warmup: 10,
		needs: needTiny, marks: []mark{tiny}, whole: true, judge: doji,
		text: "open and close are almost equal",
	},
	{
		name: DojiStar, talib: "CDLDOJISTAR", direction: Both, warmup: 11,
		needs: needLong | needTiny, marks: []mark{tiny, long}, judge: dojiStar,
		text: "a doji beyond the body of a long candle",
	},
	{
		name: DragonflyDoji, talib: "CDLDRAGONFLYDOJI", direction: Neutral, warmup: 10,
		needs: needTiny, marks: []mark{tiny | noUpper}, judge: dragonflyDoji,
		text: "a doji at the high of its candle",
	},
	{
		name: Engulfing, talib: "CDLENGULFING", direction: Both, warmup: 2,
		needs: 0, judge: engulfing,
		text: "a body that covers the one before, of the other colour",
	},
	{
		name: EveningDojiStar, talib: "CDLEVENINGDOJISTAR", direction: Bearish, warmup: 12,
		needs: needLong | needTiny, marks: []mark{black | long, tiny, white | long}, judge: eveningDojiStar, penetration: 0.3,
		text: "a long white candle, a doji above it, and a black one back into the first",
	},
	{
		name: EveningStar, talib: "CDLEVENINGSTAR", direction: Bearish, warmup: 12,
		needs: needLong, marks: []mark{black | long, notLong, white | long}, judge: eveningStar, penetration: 0.3,
		text: "a long white candle, a short one above it, and a black one back into the first",
	},
	{
		name: GapSideBySideWhite, talib: "CDLGAPSIDESIDEWHITE", direction: Both, warmup: 7,
		needs: needNear | needEqual, judge: gapSideBySideWhite,
		text: "after a gap two white candles side by side, alike in size and open",
	},
	{
		name: GravestoneDoji, talib: "CDLGRAVESTONEDOJI", direction: Neutral, warmup: 10,
		needs: needTiny, marks: []mark{tiny | noLower}, judge: gravestoneDoji,
		text: "a doji at the low of its candle",
	},
	{
		name: Hammer, talib: "CDLHAMMER", direction: Bullish, warmup: 11,
		needs: needLong | needTiny | needNear, marks: []mark{short | noUpper}, judge: hammer,
		text: "a short body over a long lower shadow, at or below the low before",
	},
	{
		name: HangingMan, talib: "CDLHANGINGMAN", direction: Bearish, warmup: 11,
		needs: needLong | needTiny | needNear, marks: []mark{short | noUpper}, judge: hangingMan,
		text: "a short body over a long lower shadow, at or above the high before",
	},
	{
		name: Harami, talib: "CDLHARAMI", direction: Both, warmup: 11,
		needs: needLong, marks: []mark{notLong, long}, judge: harami,
		text: "a short body within the long one before",
	},
	{
		name: HaramiCross, talib: "CDLHARAMICROSS", direction: Both, warmup: 11,
		needs: needLong | needTiny, marks: []mark{tiny, long}, judge: haramiCross,
		text: "a doji within the long body before",
	},
	{
		name: HighWave, talib: "CDLHIGHWAVE", direction: Both, warmup: 10,
		needs: needLong, judge: highWave,
		text: "a short body between two very long shadows",
	},
	{
		name: Hikkake, talib: "CDLHIKKAKE", direction: Both, warmup: 5,
		needs: 0, judge: hikkake, early: 3,
		text: "an inside bar left the wrong way; confirmed by a close beyond its other end within three bars",
	},
	{
		name: ModifiedHikkake, talib: "CDLHIKKAKEMOD", direction: Both, warmup: 10,
		needs: needNear, judge: modifiedHikkake, early: 3,
		text: "two inside bars, the first closing near its end, left the wrong way; confirmed like a hikkake",
	},
	{
		name: HomingPigeon, talib: "CDLHOMINGPIGEON", direction: Bullish, warmup: 11,
		needs: needLong, marks: []mark{black | notLong, black | long}, judge: homingPigeon,
		text: "a short black body within a long black one",
	},
	{
		name: IdenticalThreeCrows, talib: "CDLIDENTICAL3CROWS", direction: Bearish, warmup: 12,
		needs: needTiny | needEqual, marks: []mark{black | noLower, black | noLower, black | noLower}, judge: identicalThreeCrows,
		text: "three black candles with lower closes, each opening where the one before closed",
	},
	{
		name: InNeck, talib: "CDLINNECK", direction: Bearish, warmup: 11,
		needs: needLong | needEqual, judge: inNeck,
		text: "a white candle that opens below a long black one and closes just in its body",
	},
	{
		name: InvertedHammer, talib: "CDLINVERTEDHAMMER", direction: Bullish, warmup: 11,
		needs: needLong | needTiny, marks: []mark{short | noLower}, judge: invertedHammer,
		text: "a short body under a long upper shadow, below the body before",
	},
	{
		name: Kicking, talib: "CDLKICKING", direction: Both, warmup: 11,
		needs: needLong | needTiny, judge: kicking,
		text: "two marubozus of opposite colour with a gap between them; the second tells the direction",
	},
	{
		name: KickingByLength, talib: "CDLKICKINGBYLENGTH", direction: Both, warmup: 11,
		needs: needLong | needTiny, judge: kickingByLength,
		text: "two marubozus of opposite colour with a gap between them; the longer tells the direction",
	},
	{
		name: LadderBottom, talib: "CDLLADDERBOTTOM", direction: Bullish, warmup: 14,
		needs: needTiny, marks: []mark{white, black, black, black, black}, judge: ladderBottom,
		text: "three black candles down, a black one with an upper shadow, and a white one that closes above its high",
	},
	{
		name: LongLeggedDoji, talib: "CDLLONGLEGGEDDOJI", direction: Neutral, warmup: 10,
		needs: needTiny, marks: []mark{tiny}, judge: longLeggedDoji,
		text: "a doji with a long shadow",
	},
	{
		name: LongLine, talib: "CDLLONGLINE", direction: Both, warmup: 10,
		needs: needLong | needShadow, judge: longLine,
		text: "a long body with short shadows",
	},
	{
		name: Marubozu, talib: "CDLMARUBOZU", direction: Both, warmup: 10,
		needs: needLong | needTiny, marks: []mark{long | noUpper | noLower}, judge: marubozu,
		text: "a long body with very short shadows",
	},
	{
		name: MatchingLow, talib: "CDLMATCHINGLOW", direction: Bullish, warmup: 6,
		needs: needEqual, judge: matchingLow,
		text: "two black candles with equal closes",
	},
	{
		name: MatHold, talib: "CDLMATHOLD", direction: Bullish, warmup: 14,
		needs: needLong, marks: []mark{white, short, short, black | short, white | long}, judge: matHold, penetration: 0.5,
		text: "a long white candle, a gap up and three short candles that hold, and a new high",
	},
	{
		name: MorningDojiStar, talib: "CDLMORNINGDOJISTAR", direction: Bullish, warmup: 12,
		needs: needLong | needTiny, marks: []mark{white | long, tiny, black | long}, judge: morningDojiStar, penetration: 0.3,
		text: "a long black candle, a doji below it, and a white one back into the first",
	},
	{
		name: MorningStar, talib: "CDLMORNINGSTAR", direction: Bullish, warmup: 12,
		needs: needLong, marks: []mark{white | long, notLong, black | long}, judge: morningStar, penetration: 0.3,
		text: "a long black candle, a short one below it, and a white one back into the first",
	},
	{
		name: OnNeck, talib: "CDLONNECK", direction: Bearish, warmup: 11,
		needs: needLong | needEqual, judge: onNeck,
		text: "a white candle that opens below a long black one and closes at its low",
	},
	{
		name: Piercing, talib: "CDLPIERCING", direction: Bullish, warmup: 11,
		needs: needLong, judge: piercing,
		text: "a long white candle that opens below the low of a long black one and closes above its middle",
	},
	{
		name: RickshawMan, talib: "CDLRICKSHAWMAN", direction: Neutral, warmup: 10,
		needs: needTiny | needNear, marks: []mark{tiny}, judge: rickshawMan,
		text: "a doji with two long shadows, near the middle of its candle",
	},
	{
		name: RiseFallThreeMethods, talib: "CDLRISEFALL3METHODS", direction: Both, warmup: 14,
		needs: needLong, marks: []mark{white | long, black | short, black | short, black | short, white | long}, judge: riseFallThreeMethods,
		text: "a long candle, three short ones against it within its range, and a long one on its way",
	},
	{
		name: SeparatingLines, talib: "CDLSEPARATINGLINES", direction: Both, warmup: 11,
		needs: needLong | needTiny | needEqual, judge: separatingLines,
		text: "a belt hold of the other colour that opens where the candle before did",
	},
	{
		name: ShootingStar, talib: "CDLSHOOTINGSTAR", direction: Bearish, warmup: 11,
		needs: needLong | needTiny, marks: []mark{short | noLower}, judge: shootingStar,
		text: "a short body under a long upper shadow, above the body before",
	},
	{
		name: ShortLine, talib: "CDLSHORTLINE", direction: Both, warmup: 10,
		needs: needLong | needShadow, judge: shortLine,
		text: "a short body with short shadows",
	},
	{
		name: SpinningTop, talib: "CDLSPINNINGTOP", direction: Both, warmup: 10,
		needs: needLong, judge: spinningTop,
		text: "a short body between two longer shadows",
	},
	{
		name: Stalled, talib: "CDLSTALLEDPATTERN", direction: Bearish, warmup: 12,
		needs: needLong | needTiny | needNear, marks: []mark{white | short, white | long | noUpper, white | long}, judge: stalled,
		text: "two long white candles, and a short white one on the shoulder of the second",
	},
	{
		name: StickSandwich, talib: "CDLSTICKSANDWICH", direction: Bullish, warmup: 7,
		needs: needEqual, marks: []mark{black, white, black}, judge: stickSandwich,
		text: "a white candle between two black ones with equal closes",
	},
	{
		name: Takuri, talib: "CDLTAKURI", direction: Neutral, warmup: 10,
		needs: needTiny, marks: []mark{tiny | noUpper}, judge: takuri,
		text: "a dragonfly doji with a very long lower shadow",
	},
	{
		name: TasukiGap, talib: "CDLTASUKIGAP", direction: Both, warmup: 7,
		needs: needNear, judge: tasukiGap,
		text: "after a gap a candle on, and one of the same size back that leaves the gap open",
	},
	{
		name: Thrusting, talib: "CDLTHRUSTING", direction: Bearish, warmup: 11,
		needs: needLong | needEqual, judge: thrusting,
		text: "a white candle that opens below a long black one and closes in its body, up to its middle",
	},
	{
		name: Tristar, talib: "CDLTRISTAR", direction: Both, warmup: 12,
		needs: needTiny, marks: []mark{0, 0, tiny}, judge: tristar,
		text: "three dojis, the middle one beyond the others",
	},
	{
		name: UniqueThreeRiver, talib: "CDLUNIQUE3RIVER", direction: Bullish, warmup: 12,
		needs: needLong, marks: []mark{white | short, black, black | long}, judge: uniqueThreeRiver,
		text: "a long black candle, a black one within it with a new low, and a short white one above that low",
	},
	{
		name: UpsideGapTwoCrows, talib: "CDLUPSIDEGAP2CROWS", direction: Bearish, warmup: 12,
		needs: needLong, marks: []mark{black, black | notLong, white | long}, judge: upsideGapTwoCrows,
		text: "after a long white candle two black ones above it, the second engulfing the first",
	},
	{
		name: GapThreeMethods, talib: "CDLXSIDEGAP3METHODS", direction: Both, warmup: 2,
		needs: 0, judge: gapThreeMethods,
		text: "two candles with a gap between them, and one of the other colour that closes it",
	},
}
