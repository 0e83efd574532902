// Runs tests in a page, and reports to the server that the page came from.

import { all, attempt } from './support/test.js'

const parameters = new URLSearchParams(location.search)
const control = parameters.get('control')
const filter = parameters.get('filter') ?? ''
const report = (result) => fetch('/report', { method: 'POST', body: JSON.stringify(result) })

/** What nobody caught, and no test expected. */
let uncaught = []
const catches = (event) => {
  const error = event.error ?? event.reason
  // Tests that expect it prevent the default, in listeners that come after this one.
  queueMicrotask(() => setTimeout(() => {
    if (!event.defaultPrevented) uncaught.push(`${error?.message ?? event.message}\n${error?.stack}`)
  }))
}
const listen = (add) => ['error', 'unhandledrejection'].forEach((type) => window[add](type, catches))

try {
  for (const suite of parameters.getAll('suite')) await import(suite)
  for (const test of all().filter(({ name }) => name.includes(filter))) {
    uncaught = []
    listen('addEventListener')
    const result = await attempt(test, control)
    listen('removeEventListener')
    if (result.verdict === 'passed' && uncaught.length > 0) Object.assign(result, { verdict: 'failed', why: `uncaught: ${uncaught.join('\n')}` })
    else if (uncaught.length > 0) result.why += `\nuncaught: ${uncaught.join('\n')}`
    await report({ name: test.name, ...result })
  }
} catch (error) {
  await report({ name: 'the page', verdict: 'failed', why: `${error}\n${error.stack}` })
}
await report({ done: true })
