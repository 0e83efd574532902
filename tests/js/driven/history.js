// The back/forward cache, by real navigation: away from a page and back through the browser's history.
//
// The browser decides whether it keeps a page in its cache. If it keeps no page with a connection, a page without one and a page
// with the browser's own class show that the connection is the reason.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'

const QUICK = { reconnect: { min: 20, max: 50 } }
const NEVER = { reconnect: { min: 600_000, max: 600_000, jitter: 0 } }

/** Returns the page's notes, and whether it is the same page as before. */
const seen = (page) => page.script('return window.seen && { notes: seen.notes, before: seen.before, isSame: !!window.wasLeft }')

class Journey {
  constructor(t, server, parameters) {
    this.t = t
    this.server = server
    this.parameters = parameters
  }

  notes = async () => (await seen(this.t.page))?.notes ?? []
  sees = (last) =>
    until(async () => (await this.notes()).at(-1) === last).catch(async () => {
      throw new Error(`no ${last}: ${await this.notes()}`)
    })

  connected = (count) => until(async () => (await this.server.command('connections')) === `${count}`)

  async begin() {
    const { page, files } = this.t
    await page.go(`${files.url}/tests/js/driven/away.html`)
    await page.script('sessionStorage.clear()')
    await page.go(`${files.url}/tests/js/driven/page.html?${new URLSearchParams(this.parameters)}`)
    await until(() => seen(page))
  }

  /** Navigates to another page. */
  async leave() {
    const { page, files } = this.t
    await page.script('window.wasLeft = true')
    await page.go(`${files.url}/tests/js/driven/away.html`)
  }

  /** Navigates back. Returns the page's notes from before, and whether it is the same page. */
  async comeBack() {
    await this.t.page.back()
    const { isSame, before } = await until(() => seen(this.t.page))
    return { isSame, before }
  }
}

/** Returns whether the browser's cache keeps a page with these parameters. */
async function isCached(t, server, parameters) {
  const journey = new Journey(t, server, parameters)
  await journey.begin()
  if (parameters.url) await journey.sees('open')
  await journey.leave()
  const { isSame } = await journey.comeBack()
  return isSame
}

/** Returns why a page with a connection is not kept, by comparison with other pages. */
async function reason(t, server) {
  const without = await isCached(t, server, {})
  const native = await isCached(t, server, { url: server.url('/echo'), class: 'native' })
  if (native) throw new Error('a page with the browser’s own class is kept, but not one with this class')
  return without
    ? `${t.page.name} keeps a page without a connection, but none with one, be it the browser’s own class`
    : `${t.page.name} keeps no page at all here`
}

test('s08c_a_page_with_an_open_connection_returns_from_the_cache', async (t) => {
  const server = await t.server()
  const journey = new Journey(t, server, { url: server.url('/echo'), options: JSON.stringify(QUICK) })
  await journey.begin()
  await journey.sees('open')
  await journey.leave()
  // Whether the page is cached or not, its connection is closed.
  await journey.connected(0)
  const { isSame, before } = await journey.comeBack()
  await journey.sees('open')
  await journey.connected(1)
  if (isSame) {
    assert.deepEqual(await journey.notes(), ['open', 'pagehide cached', 'close 1006', 'pageshow cached', 'open'])
    assert.deepEqual(await t.page.script('return [seen.socket.stats.attempts, seen.socket.stats.reconnects]'), [2, 1])
    return
  }
  // The page was loaded again.
  assert.ok(before.includes('pagehide anew'), before)
  assert.deepEqual(await journey.notes(), ['open'])
  t.skip(await reason(t, server))
})

test('s08c_a_page_with_a_waiting_client_returns_from_the_cache', async (t) => {
  const server = await t.server()
  await server.command('stop')
  const journey = new Journey(t, server, { url: server.url('/echo'), options: JSON.stringify(NEVER) })
  await journey.begin()
  await journey.sees('reconnecting')
  await journey.leave()
  await server.command('restart')
  const { isSame } = await journey.comeBack()
  if (!isSame) t.skip(await reason(t, server))
  // Without the event it would have waited for ten minutes.
  await journey.sees('open')
  assert.deepEqual(await journey.notes(), ['error', 'close 1006', 'reconnecting', 'pagehide cached', 'pageshow cached', 'open'])
})

test('s08c_a_closed_client_stays_closed_when_its_page_returns', async (t) => {
  const server = await t.server()
  const journey = new Journey(t, server, { url: server.url('/echo'), options: JSON.stringify(QUICK) })
  await journey.begin()
  await journey.sees('open')
  await t.page.script('seen.socket.close()')
  await journey.sees('end closed')
  await journey.leave()
  const { isSame } = await journey.comeBack()
  if (!isSame) t.skip(await reason(t, server))
  await journey.sees('pageshow cached')
  // Another attempt would arrive at the server before this one.
  await t.page.async(`const [url, done] = arguments; new WebSocket(url).onopen = done`, server.url('/echo'))
  assert.deepEqual((await journey.notes()).slice(1), ['close 1005', 'end closed', 'pagehide cached', 'pageshow cached'])
  assert.deepEqual(await t.page.script('return [seen.socket.readyState, seen.socket.stats.attempts]'), [3, 1])
})
