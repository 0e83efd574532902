// Runs the cases with Mocha. `means` are properties of their argument: `HomingSocket`, `options`, and `ask` if there is no `fetch`.

import './mocha.js'
import { environment } from '../support/context.js'
import { reporter } from '../support/reporter.js'
import './cases.js'

export async function results(control, means) {
  Object.assign(environment, { control, ...means })
  const results = []
  const { mocha, Mocha } = globalThis
  mocha.reporter(reporter((result) => results.push(result)))
  // Not `mocha.run`, which reads `location`.
  await new Promise((resolve) => Mocha.prototype.run.call(mocha, resolve))
  return results
}
