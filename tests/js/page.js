// Runs tests in a page, and reports to the server that the page came from.

import { all, attempt } from './support/test.js'

const parameters = new URLSearchParams(location.search)
const control = parameters.get('control')
const filter = parameters.get('filter') ?? ''
const report = (result) => fetch('/report', { method: 'POST', body: JSON.stringify(result) })

try {
  for (const suite of parameters.getAll('suite')) await import(suite)
  for (const test of all().filter(({ name }) => name.includes(filter))) {
    await report({ name: test.name, ...(await attempt(test, control)) })
  }
} catch (error) {
  await report({ name: 'the page', verdict: 'failed', why: `${error}\n${error.stack}` })
}
await report({ done: true })
