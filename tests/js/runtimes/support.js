// What the tests of all runtimes need.

import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { lab, ROOT } from '../bundlers/support/lab.js'
import { testServer } from '../support/server.js'

/** Calls `act` with a directory in which `homing` is installed as users get it, next to the tests, and with the test server's
 * control. */
export async function staged(act) {
  const server = await testServer()
  const { dir, end } = await lab()
  try {
    for (const name of ['runtimes', 'support', 'testing'])
      cpSync(join(ROOT, 'tests/js', name), join(dir, name), { recursive: true })
    return await act(dir, server.control)
  } finally {
    end()
    await server.end()
  }
}

/** Makes one script of a runtime's tests and of the package, as a bundler with such conditions sees it. */
export async function bundle(entry, options) {
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, logLevel: 'warning', ...options })
  return outputFiles[0].text
}

/** Turns what a runtime has found into tests of this process. */
export function report(where, results) {
  test(`${where} ran cases`, () => assert.ok(results.length > 0))
  for (const { name, verdict, why } of results) {
    test(`${where}: ${name}`, () => {
      if (verdict === 'skipped') console.log(`SKIPPED: ${where}: ${name}: ${why}`)
      else assert.ok(verdict === 'passed', why)
    })
  }
}

/** The results in a file of vitest or jest. */
export function resultsOf({ testResults }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = name.split('/').at(-1)
    // What keeps a file from running is a failure of its own.
    const whole = assertionResults.length === 0 ? [{ name: file, verdict: 'failed', why: message }] : []
    const each = assertionResults.map(({ title, status, failureMessages }) => {
      const verdict = status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'skipped'
      return { name: `${file}: ${title}`, verdict, why: failureMessages.join('\n') || status }
    })
    return [...whole, ...each]
  })
}
