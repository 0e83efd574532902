// Shared by the tests of runtimes.

import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { lab, ROOT } from '../bundlers/support/lab.js'
import { testServer } from '../support/server.js'

/**
 * Calls `act` with a directory that contains the tests and the installed package, and with the address of the test server's remote
 * control.
 */
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

/** Bundles a runtime's tests and the package into one script. */
export async function bundle(entry, options) {
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, logLevel: 'warning', ...options })
  return outputFiles[0].text
}

/** Reports the results of a runtime as tests of this process. */
export function report(where, results) {
  test(`${where} ran cases`, () => assert.ok(results.length > 0))
  for (const { name, verdict, why } of results) {
    test(`${where}: ${name}`, () => {
      if (verdict === 'skipped') console.log(`SKIPPED: ${where}: ${name}: ${why}`)
      else assert.ok(verdict === 'passed', why)
    })
  }
}

/** Returns the results in a report of Vitest or Jest. */
export function resultsOf({ testResults }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = name.split('/').at(-1)
    // An error that prevents a file from running is a failure.
    const whole = assertionResults.length === 0 ? [{ name: file, verdict: 'failed', why: message }] : []
    const each = assertionResults.map(({ title, status, failureMessages }) => {
      const verdict = status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'skipped'
      return { name: `${file}: ${title}`, verdict, why: failureMessages.join('\n') || status }
    })
    return [...whole, ...each]
  })
}
