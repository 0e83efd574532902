// The Rust client in pages over https and with a content security policy. The page is that of `examples/web`, unchanged, which shows
// the events of its handler.

import { assert } from '../support/assert.js'
import { fileServer } from '../support/server.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { browser } from '../support/webdriver.js'

const MODULE = process.env.HOMING_WEB_EXAMPLE
if (!MODULE) throw new Error('HOMING_WEB_EXAMPLE must name the directory that `wasm-bindgen` wrote the module of examples/web to')

/** A host name for this machine that browsers do not trust without TLS. */
const ELSEWHERE = 'elsewhere.test'
const CUT = 'closed with 1006 ""'

/** Serves the example with these headers. */
async function files(t, settings) {
  const files = await fileServer({}, { ...settings, mounts: { '/examples/web/pkg/': MODULE } })
  t.onEnd(files.end)
  return files
}

async function secureFiles(t) {
  return files(t, { tls: await t.ask('/certificate') })
}

/** Opens the example, which connects to `url`. Returns a function that reads the events that it shows. */
async function open(page, files, url) {
  await page.go(`${files.url}/examples/web/index.html?${new URLSearchParams({ url })}`)
  return async () => (await page.script('return document.querySelector("#said").textContent')).split('\n').slice(0, -1)
}

const accepted = async (server) => (await server.journal()).filter(([kind]) => kind === 'accepted').length

test('the_example_counts_down', async (t) => {
  const server = await t.server()
  const said = await open(t.page, await files(t, {}), server.url('/echo'))
  await until(async () => (await said()).at(-1)?.startsWith('ended'))
  assert.deepEqual(await said(), [
    'open, 3 to go',
    'Text("3") came back',
    'Text("2") came back',
    'Text("1") came back',
    'closed with 3000 ""',
    'ended: closed on this side',
  ])
})

test('a_connection_forbidden_by_the_policy_of_a_page_is_reported', async (t) => {
  const server = await t.server()
  const headers = { 'content-security-policy': "connect-src 'self'" }
  const said = await open(t.page, await files(t, { headers }), server.url('/echo'))
  // Chromium dispatches no close event, so the client does not wait for it. It cannot detect a policy, so it reconnects.
  await until(async () => (await said()).length >= 2)
  assert.ok(
    (await said()).every((line) => line === CUT),
    await said(),
  )
  assert.strictEqual(await accepted(server), 0)
})

test('a_page_over_https_connects_to_this_machine', async (t) => {
  const server = await t.server()
  const said = await open(t.page, await secureFiles(t), server.url('/echo'))
  if (t.page.name === 'webkit') {
    // WebKit allows no ws from https, not even to this machine, and reports no reason.
    await until(async () => (await said()).length >= 2)
    assert.ok(
      (await said()).every((line) => line === CUT),
      await said(),
    )
    return assert.strictEqual(await accepted(server), 0)
  }
  await until(async () => (await said()).at(-1)?.startsWith('ended'))
  assert.strictEqual((await said())[0], 'open, 3 to go')
})

test('a_page_over_https_cannot_connect_to_ws_elsewhere_and_ends', async (t) => {
  const server = await t.server()
  const said = await open(t.page, await secureFiles(t), `ws://${ELSEWHERE}:${server.port}/echo`)
  await until(async () => (await said()).at(-1)?.startsWith('ended'))
  assert.deepEqual(await said(), [CUT, 'ended: a retry would fail in the same way'])
  assert.strictEqual(await accepted(server), 0)
})

/** Settings with which browsers allow that. */
const LENIENT = {
  chromium: { args: ['--allow-running-insecure-content', `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`] },
  firefox: { prefs: { 'network.websocket.allowInsecureFromHTTPS': true, 'network.dns.localDomains': ELSEWHERE } },
}

test('where_the_user_allows_it_a_page_over_https_reconnects_to_ws_elsewhere', async (t) => {
  const { name } = t.page
  if (!LENIENT[name]) t.skip(`${name} has no setting to allow it`)
  const server = await t.server()
  const page = await browser(name, LENIENT[name])
  t.onEnd(page.end)
  const said = await open(page, await secureFiles(t), `ws://${ELSEWHERE}:${server.port}/drop?after=1`)
  const opens = async () => (await said()).filter((line) => line.startsWith('open')).length
  await until(async () => (await opens()) >= 1)
  await server.command('stop')
  const before = (await said()).length
  await until(async () => (await said()).length >= before + 2)
  const opened = await opens()
  await server.command('restart')
  await until(async () => (await opens()) > opened)
  assert.ok(!(await said()).some((line) => line.startsWith('ended')), await said())
})
