// Adds tests to the runner that has defined the globals `it` and `afterEach`: Mocha in processes and pages, or that of another
// environment, such as Jest.

import { Context } from './context.js'

let context

/** Adds a test. `run` gets a `Context`. */
export function test(name, run) {
  it(name, async function () {
    context = new Context(this)
    await run(context)
  })
}

// This runs after a timeout as well.
afterEach(() => context?.end())
