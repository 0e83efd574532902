// Adds tests to whichever runner has put `it` and `afterEach` into the global scope: Mocha, in processes and in pages, or the
// runner of an environment that brings one, such as Jest.

import { Context } from './context.js'

let context

/** Adds a test. `run` gets a `Context`. */
export function test(name, run) {
  it(name, async function () {
    context = new Context(this)
    await run(context)
  })
}

// After a timeout as well.
afterEach(() => context?.end())
