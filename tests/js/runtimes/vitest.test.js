// The package in Vitest, in jsdom, happy-dom and Node, with real and fake timers.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, tool } from '../bundlers/support/lab.js'
import { report, resultsOf, staged } from './support.js'

const ENVIRONMENTS = ['jsdom', 'happy-dom', 'node']
const config = (environment) =>
  `export default { test: { environment: '${environment}', globals: true, include: ['runtimes/vitest/*.js'], testTimeout: 90_000 } }\n`

const found = await staged(async (dir, control) => {
  const found = {}
  for (const environment of ENVIRONMENTS) {
    const json = join(dir, `${environment}.json`)
    writeFileSync(join(dir, 'vitest.config.js'), config(environment))
    const args = [tool('vitest/vitest.mjs'), 'run', '--reporter=json', `--outputFile=${json}`]
    // Failed tests are in the file.
    const output = await run(process.execPath, args, { cwd: dir, env: { HOMING_CONTROL: control } }).catch(
      (error) => error.message,
    )
    if (!existsSync(json)) throw new Error(output)
    found[environment] = JSON.parse(readFileSync(json, 'utf8'))
  }
  return found
})
for (const environment of ENVIRONMENTS) {
  report(`vitest, ${environment}`, resultsOf(found[environment]))
}
