// The package in Jest, which resolves packages as CommonJS and cannot parse their ES modules: in jsdom, happy-dom and Node, with real
// and fake timers.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, tool } from '../bundlers/support/lab.js'
import { bundle, report, resultsOf, staged } from './support.js'

const ENVIRONMENTS = { jsdom: 'jest-environment-jsdom', 'happy-dom': '@happy-dom/jest-environment', node: 'node' }

const found = await staged(async (dir, control) => {
  // The tests are ES modules and are bundled as CommonJS here. The package is not bundled.
  for (const name of ['real', 'fake']) {
    const external = ['homing', 'homing/testing', 'ws']
    const script = await bundle(join(dir, `runtimes/jest/${name}.js`), { format: 'cjs', platform: 'node', external })
    writeFileSync(join(dir, `${name}.test.cjs`), script)
  }
  const found = {}
  for (const [name, environment] of Object.entries(ENVIRONMENTS)) {
    const json = join(dir, `${name}.json`)
    const config = { testEnvironment: environment, testMatch: ['**/*.test.cjs'], transform: {}, testTimeout: 90_000 }
    const args = [
      tool('jest/bin/jest.js'),
      '--json',
      `--outputFile=${json}`,
      '--config',
      JSON.stringify({ rootDir: dir, ...config }),
    ]
    // Failed tests are in the file.
    const output = await run(process.execPath, args, { cwd: dir, env: { HOMING_CONTROL: control } }).catch(
      (error) => error.message,
    )
    if (!existsSync(json)) throw new Error(output)
    found[name] = JSON.parse(readFileSync(json, 'utf8'))
  }
  return found
})
for (const name in ENVIRONMENTS) report(`jest, ${name}`, resultsOf(found[name]))
