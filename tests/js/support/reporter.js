// Reports the results of Mocha.

/** Returns a Mocha reporter that calls `note` with each result: `name`, `verdict`, and `why` it failed or was skipped. */
export const reporter = (note) =>
  class {
    constructor(runner) {
      runner.on('pass', ({ title }) => note({ name: title, verdict: 'passed' }))
      runner.on('pending', ({ title, reason = '' }) => note({ name: title, verdict: 'skipped', why: reason }))
      runner.on('fail', ({ title }, error) => note({ name: title, verdict: 'failed', why: text(error) }))
    }
  }

/** Returns message and stack, since some stacks have no message. */
function text(error) {
  const stack = error?.stack ?? ''
  return stack.includes(error?.message) ? stack : `${error}\n${stack}`
}
