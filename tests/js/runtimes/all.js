// Runs the cases. `means` is what they get: `HomingSocket`, `options`, and `ask` where there is no `fetch`.

import './mocha.js'
import { environment } from '../support/context.js'
import { reporter } from '../support/reporter.js'
import './cases.js'

export async function results(control, means) {
  Object.assign(environment, { control, ...means })
  const results = []
  const { mocha, Mocha } = globalThis
  mocha.reporter(reporter((result) => results.push(result)))
  // Not its own `run`, which reads `location`.
  await new Promise((resolve) => Mocha.prototype.run.call(mocha, resolve))
  return results
}
