// Pages with content security policies.

import { assert } from '../support/assert.js'
import { fileServer } from '../support/server.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'

const entry = process.env.HOMING_ENTRY
/** Allows only the page's own site, including WebSocket connections. */
const STRICT = "default-src 'self'"

/** Opens a page whose site forwards WebSocket connections to the server. */
async function visit(t, server, policy, path, options = {}) {
  const files = await fileServer({}, { headers: { 'content-security-policy': policy }, webSockets: server.port })
  t.onEnd(files.end)
  const url = files.url.replace('http', 'ws') + path
  const parameters = new URLSearchParams({ entry, url, options: JSON.stringify(options) })
  await t.page.go(`${files.url}/tests/js/driven/page.html?${parameters}`)
}

const OPTIONS = { heartbeat: { message: 'beat', interval: 50, timeout: 60_000, inWorker: true } }

test('s19_without_workers_the_pages_timers_are_used_with_one_warning', async (t) => {
  const { page } = t
  const server = await t.server()
  await visit(t, server, "worker-src 'none'", '/echo', OPTIONS)
  await until(() => page.script('return window.seen?.socket.stats.heartbeats >= 3'))
  // A second client does not warn again.
  await page.script('seen.again()')
  await until(() => page.script('return seen.another.stats.heartbeats >= 3'))
  const warnings = await page.script('return seen.warnings')
  assert.deepEqual([warnings.length, warnings[0].startsWith('homing: ')], [1, true])
})

if (entry === 'index') {
  test('reconnects where the policy allows only scripts of the site', async (t) => {
    const server = await t.server()
    await visit(t, server, STRICT, '/echo', { reconnect: { max: 20 } })
    await until(() => t.page.script('return window.seen?.socket.readyState === 1'))
    await server.command('cut_all')
    await until(() => t.page.script("return seen.notes.filter((note) => note === 'open').length === 2"))
    assert.strictEqual(await t.page.script('return seen.socket.stats.reconnects'), 1)
  })
} else {
  test('where the policy forbids WebAssembly the constructor throws without connecting', async (t) => {
    const server = await t.server()
    await visit(t, server, STRICT, '/echo')
    const thrown = await until(() => t.page.script('return window.seen?.thrown'))
    assert.deepEqual([thrown, await server.command('connections')], ['CompileError', '0'])
  })
}
