package stats

import "math"

const (
	// level is the share of the worst returns that VaR and CVaR look at.
	level = 0.05
	// normalQuantile is the quantile of the standard normal distribution at level.
	normalQuantile = -1.6448536269514722
	// normalTail is the mean loss of the standard normal distribution below it: its
	// density there by level.
	normalTail = 2.0627128075074257
)

// historical returns the VaR and the CVaR of returns, which it puts in another order.
func historical(returns []float64) (valueAtRisk, conditional Number) {
	if len(returns) == 0 {
		return Undefined, Undefined
	}
	valueAtRisk = Number(quantile(returns, level))
	tail := int(float64(len(returns)-1)*level) + 1
	sum := 0.0
	for _, r := range returns[:tail] { // the selection above left the lowest in front
		sum += r
	}
	return valueAtRisk, Number(sum / float64(tail))
}

// quantile returns the q-quantile of values with linear interpolation between the
// neighbours (R's type 7, numpy's default), for q within 0 and 1. It puts values in
// another order: the ⌊q(n-1)⌋+1 lowest come first. Values are not empty and have no NaN.
func quantile(values []float64, q float64) float64 {
	at := q * float64(len(values)-1)
	k := int(at)
	selectAt(values, k)
	low := values[k]
	if k+1 == len(values) || at == float64(k) {
		return low
	}
	next := math.Inf(1)
	for _, v := range values[k+1:] {
		next = min(next, v)
	}
	return low + (next-low)*(at-float64(k))
}

// selectAt moves the value of rank k to its place, the lower ones before it
// (C. A. R. Hoare's selection, with the median of three as its pivot).
func selectAt(values []float64, k int) {
	first, last := 0, len(values)-1
	for first < last {
		middle := first + (last-first)/2
		if values[middle] < values[first] {
			values[middle], values[first] = values[first], values[middle]
		}
		if values[last] < values[first] {
			values[last], values[first] = values[first], values[last]
		}
		if values[last] < values[middle] {
			values[last], values[middle] = values[middle], values[last]
		}
		pivot := values[middle]
		i, j := first, last
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for pivot < values[j] {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			last = j
		case k >= i:
			first = i
		default:
			return
		}
	}
}
