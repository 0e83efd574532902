// Pages whose thread is blocked, that are frozen, that are kept in the back/forward cache, and machines that sleep.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { CLIENT, descendants, isLong, visit } from './visit.js'

const RECONNECT = { min: 20, max: 50 }
/** How long pages are blocked or frozen, longer than every timeout here by more than the tenth of a second that is not late. */
const AWAY = isLong ? 60_000 : 4000
/** Answers may be late: a page is slow when it has been away, and so is a browser whose processes all wake at once. */
const HEARTBEAT = { interval: 500, timeout: 3000 }
const TIMEOUT = 3000

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))
const of = (kind, notes) => notes.filter((note) => note.startsWith(kind))

/** Opens a client whose server sends numbers, and does something to the page when the first one has arrived. */
async function numbered(t, count, heartbeat, act) {
  const server = await t.server()
  const page = await visit(t)
  await page.add(1, server.url(`/numbered?n=${count}&every_ms=5`), { reconnect: RECONNECT, heartbeat })
  await page.until(({ events }) => events.message > 0)
  await act(page, server)
  return page.until(({ events }) => events.message >= count, 30_000 + 10 * count)
}

/** All messages were delivered in order, by the first connection, and nothing else happened. */
function isUnharmed({ notes, sockets }, count) {
  const odd = notes.slice(1).findIndex((note, index) => note !== `message ${index}`)
  assert.deepEqual([notes[0], notes.slice(1)[odd], notes.length, sockets], ['open', undefined, count + 1, 1])
}

const block = (page, millis = AWAY) => page.page.script('crowd.block(arguments[0])', millis)

test('s18_messages_that_piled_up_behind_a_blocked_thread_are_delivered_in_order', async (t) => {
  const count = AWAY / 5 + 200
  isUnharmed(await numbered(t, count, HEARTBEAT, (page) => block(page)), count)
})

test('s17_s18_a_thread_that_blocks_again_and_again_keeps_a_connection_that_answers', async (t) => {
  const server = await t.server()
  const page = await visit(t)
  await page.add(1, server.url('/echo'), { reconnect: RECONNECT, heartbeat: HEARTBEAT })
  await page.until(({ states }) => states.open === 1)
  for (let times = 0; times < 4; times++) await block(page, 4000)
  await page.each("send('still here')")
  const { notes } = await page.until(({ events }) => events.message === 1)
  assert.deepEqual(notes, ['open', 'message still here'])
})

/** Blocks the page's thread after a script that uses the client, and returns what happened to the client. */
async function blockedAfter(t, path, options, script) {
  const server = await t.server()
  const page = await visit(t)
  const body = `const [url, options, millis, done] = arguments
    const { crowd } = window
    const happens = (kind) => new Promise((resolve) => (crowd.onEvent = (_, it) => it === kind && resolve()))
    ;(async () => { ${script}; crowd.block(millis) })().then(() => done(), (error) => done(String(error)))`
  const failed = await page.page.async(body, server.url(path), { reconnect: RECONNECT, ...options }, AWAY)
  assert.ok(!failed, failed)
  return page
}

test('s08d_s18_an_attempt_that_opened_while_the_thread_was_blocked_is_open', async (t) => {
  const page = await blockedAfter(t, '/slow?ms=1', { openTimeout: TIMEOUT }, 'crowd.add(1, url, options); await 0')
  assert.deepEqual((await page.until(({ events }) => events.open > 0)).notes, ['open'])
})

test('s18_s27_a_set_up_that_was_answered_while_the_thread_was_blocked_is_done', async (t) => {
  const script = 'crowd.add(1, url, options); while (!counted.sent) await crowd.after(1)'
  const page = await blockedAfter(t, '/echo?delay_ms=100', { setupTimeout: TIMEOUT }, script)
  assert.deepEqual((await page.until(({ events }) => events.open > 0)).notes, ['open'])
})

test('s10_s18_a_close_that_was_answered_while_the_thread_was_blocked_is_clean', async (t) => {
  const script = `crowd.add(1, url, options); await happens('open'); crowd.clients[0].close(); await crowd.after(5)`
  const page = await blockedAfter(t, '/echo', { closeTimeout: TIMEOUT }, script)
  const { notes } = await page.until(({ events }) => events.end > 0)
  assert.deepEqual(of('close', notes), ['close 1000'])
})

test('s18_a_machine_that_slept_keeps_its_connection_and_its_messages', async (t) => {
  const asleep = Math.max(AWAY, 5000)
  const count = asleep / 5 + 200
  isUnharmed(
    await numbered(t, count, HEARTBEAT, async ({ page }) => {
      // All processes of the browser, but not its driver.
      const processes = descendants(page.pid).filter((pid) => pid !== page.pid)
      const signal = (name) =>
        processes.forEach((pid) => {
          try {
            process.kill(pid, name)
          } catch (error) {
            // It has ended by itself.
            if (error.code !== 'ESRCH') throw error
          }
        })
      signal('SIGSTOP')
      await sleep(asleep).finally(() => signal('SIGCONT'))
    }),
    count,
  )
})

test('s03_s08_s18_a_frozen_page_is_disconnected_by_the_browser_and_reconnects_afterwards', async (t) => {
  const { devtools } = t.page
  if (!devtools) t.skip(`${t.page.name} has no command to freeze a page`)
  const server = await t.server()
  const page = await visit(t)
  await page.add(1, server.url('/echo'), { reconnect: RECONNECT, heartbeat: HEARTBEAT })
  await page.state('open', 1)
  await devtools('Page.setWebLifecycleState', { state: 'frozen' })
  await sleep(AWAY)
  await devtools('Page.setWebLifecycleState', { state: 'active' })
  const { notes } = await page.until(({ events }) => events.open === 2)
  assert.deepEqual([notes[0], notes[2], notes[4], notes.length], ['open', 'close 1006', 'open', 5])
  // Not a heartbeat's: the browser has reported the end before a timer could.
  assert.ok(notes[1].startsWith('error') && !notes[1].includes('heartbeat'), notes[1])
  await until(async () => (await server.command('connections')) === '1')
  const transitions = await t.page.script('return transitions.map(([type]) => type)')
  assert.deepEqual(transitions, ['freeze', 'resume'])
})

test('s08c_clients_of_a_page_in_the_back_forward_cache_reconnect_when_it_returns', async (t) => {
  const server = await t.server()
  const page = await visit(t)
  const clients = 20
  await page.add(clients, server.url('/echo'), { heartbeat: { interval: 600_000, timeout: 600_000 } })
  await page.state('open', clients)
  await page.page.script('window.isSame = true')
  await page.page.go(page.elsewhere)
  // Whether the page is kept or not.
  await until(async () => (await server.command('connections')) === '0')
  await page.page.back()
  await page.loaded()
  if (!(await page.page.script('return !!window.isSame'))) {
    t.skip(`${t.page.name} keeps no page with a connection, or none at all here: see driven/history`)
  }
  const { events, codes, sockets } = await page.state('open', clients)
  assert.deepEqual([events.open, codes, sockets], [2 * clients, { 1006: clients }, 2 * clients])
  assert.strictEqual(await server.command('connections'), `${clients}`)
  console.log(`# ${t.page.name}: ${clients} clients of ${CLIENT} returned from the cache`)
})
