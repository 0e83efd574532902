// Runs suites with Mocha in a page, and reports the results to the page's server.

import { environment } from './support/context.js'
import { reporter } from './support/reporter.js'

const parameters = new URLSearchParams(location.search)
environment.control = parameters.get('control')

let sent = Promise.resolve()
/** Sends a result, in order. */
const report = (result) => (sent = sent.then(() => fetch('/report', { method: 'POST', body: JSON.stringify(result) })))

// Mocha fails a test for an uncaught error, but in pages not for an unhandled rejection.
addEventListener('unhandledrejection', ({ reason }) => mocha.throwError(reason))

mocha.setup({ ui: 'bdd', reporter: reporter(report), timeout: 90_000 })
mocha.fgrep(parameters.get('filter') ?? '')
try {
  for (const suite of parameters.getAll('suite')) await import(suite)
  await new Promise((resolve) => mocha.run(resolve))
} catch (error) {
  report({ name: 'the page', verdict: 'failed', why: `${error}\n${error.stack}` })
}
await report({ done: true })
