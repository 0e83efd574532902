// The package in a Next app: rendered on the server, hydrated in the page.

import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXPECTED, JOURNAL } from './support/expected.js'
import { node, serve, tool } from './support/lab.js'
import { visit } from './support/page.js'
import { stage } from './support/stage.js'

const here = dirname(fileURLToPath(import.meta.url))
const next = tool('next/dist/bin/next')
const env = { NEXT_TELEMETRY_DISABLED: '1' }
let app

const on = stage([join(here, 'apps')], {
  more: async ({ dir }) => {
    const cwd = join(dir, 'next')
    await node([next, 'build'], { cwd, env })
    app = await serve([next, 'start', '--hostname', '127.0.0.1', '--port', '0'], /Local:\s+(http:\S+)/, { cwd, env })
    return app.end
  },
})

async function comesBack(path) {
  const { result, complaints } = await visit(on.chromium, `${app.match[1]}/${path}?server=${on.server.url(path)}`)
  assert.deepEqual(result, EXPECTED)
  assert.deepEqual(on.server.journal(path), JOURNAL)
  assert.deepEqual(
    complaints.filter((line) => !/^WebSocket connection to .* failed/.test(line)),
    [],
  )
}

const rendered = async (path) => (await fetch(`${app.match[1]}/${path}`)).text()

test('the class can be imported on the server, and connects in the page', async () => {
  assert.match(await rendered(''), /<p>the class is a function<\/p>/)
  await comesBack('')
})

test('the imported and the required class are the same', () => comesBack('both'))

test('the hook renders on the server, and connects in the page', async () => {
  assert.match(await rendered('hook'), /<p>closed<\/p>/)
  await comesBack('hook')
})
