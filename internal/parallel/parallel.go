// Package parallel spreads numbered pieces of work over goroutines.
package parallel

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/tradekeel/tradekeel"
)

// Options say how work is spread. The zero value uses every core.
type Options struct {
	Workers  int                   // goroutines; 0 is one for each core
	Chunk    int                   // pieces taken at once; 0 is 1
	Progress func(done, total int) // called by one goroutine at a time; nil is silent
}

// Each calls work for every number from 0 to total-1, each once, and returns when
// all its goroutines have ended. worker is called once in each goroutine and makes
// its work, so that what work needs between pieces is not shared. Which goroutine
// gets which number is not fixed: a piece must depend on its number alone.
//
// The first error ends the work; of several, that of the lowest number is returned.
// A panic becomes an error. When ctx ends it is tradekeel.ErrCanceled.
func Each(ctx context.Context, total int, o Options, worker func() func(i int) error) error {
	workers, chunk := o.Workers, max(1, o.Chunk)
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, (total+chunk-1)/chunk)
	c := crew{total: total, chunk: chunk, progress: o.Progress, failed: total}
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { c.work(ctx, worker) })
	}
	all.Wait()
	if c.err == nil && ctx.Err() != nil && c.done < total {
		return tradekeel.ErrCanceled.With("", "canceled after %d of %d", c.done, total).Because(context.Cause(ctx))
	}
	return c.err
}

type crew struct {
	total, chunk int
	next         atomic.Int64
	stopped      atomic.Bool
	progress     func(done, total int)

	mu     sync.Mutex
	done   int
	failed int // the lowest number with an error
	err    error
}

func (c *crew) work(ctx context.Context, worker func() func(i int) error) {
	i := 0
	defer func() {
		if p := recover(); p != nil {
			c.fail(i, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	do := worker()
	for !c.stopped.Load() && ctx.Err() == nil {
		end := int(c.next.Add(int64(c.chunk)))
		first := end - c.chunk
		if first >= c.total {
			return
		}
		end = min(end, c.total)
		for i = first; i < end; i++ {
			if err := do(i); err != nil {
				c.fail(i, err)
				return
			}
		}
		c.finished(end - first)
	}
}

func (c *crew) finished(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += n
	if c.progress != nil {
		c.progress(c.done, c.total)
	}
}

func (c *crew) fail(i int, err error) {
	c.stopped.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	if i < c.failed {
		c.failed, c.err = i, err
	}
}
