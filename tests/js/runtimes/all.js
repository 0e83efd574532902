// Runs the cases. `means` is what they get: `HomingSocket`, `options`, and `ask` where there is no `fetch`.

import { all, attempt } from '../support/test.js'
import './cases.js'

export async function results(control, means) {
  const results = []
  for (const test of all()) results.push({ name: test.name, ...(await attempt(test, control, means)) })
  return results
}
