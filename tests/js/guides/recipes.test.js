// Runs the programs of the recipes in Node, and that for tabs in Chromium, with a server that cuts their connections.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lab, ROOT } from '../bundlers/support/lab.js'
import { browser } from '../bundlers/support/page.js'
import { fileServer } from '../bundlers/support/servers.js'
import { Context, environment } from '../support/context.js'
import { testServer } from '../support/server.js'
import { until } from '../support/wait.js'

const ADDRESS = /wss:\/\/example\.com\/(\w+)/g
const MILLIS = 30_000

const here = dirname(fileURLToPath(import.meta.url))
const { dir, end } = await lab(join(here, 'preload'))
const remote = await testServer()
environment.control = remote.control
after(() => Promise.all([end(), remote.end()]))

const programsOf = (guide) =>
  [...readFileSync(join(ROOT, 'www/guides', guide), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program)

/** Waits until the journal meets a condition. Returns its texts; `null` is a new connection. */
async function texts(server, isEnough = () => true) {
  for (const giveUp = Date.now() + MILLIS; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const journal = (await server.journal()).filter(([kind]) => kind === 'request' || kind === 'text')
    const found = journal.map(([kind, text]) => (kind === 'text' ? text : null))
    if (isEnough(found)) return found
    assert.ok(Date.now() < giveUp, `not after ${MILLIS} ms: ${found}`)
  }
}

/** Starts a program in Node. `paths` are those of its addresses, in order. */
function start(t, source, urls) {
  const file = join(dir, `${t.name}.js`)
  writeFileSync(
    file,
    source.replace(ADDRESS, () => urls.shift()),
  )
  assert.equal(urls.length, 0)
  const child = spawn(process.execPath, ['--import', './websocket.js', file], { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  t.after(() => child.kill())
  const timer = setTimeout(() => child.kill(), MILLIS)
  exited.then(() => clearTimeout(timer))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { line: async () => (await lines.next()).value, kill: () => child.kill(), exited }
}

async function servers(t, count = 1) {
  const context = new Context()
  t.after(() => context.end())
  return Promise.all(Array.from({ length: count }, () => context.server()))
}

/** Before a program: from its twentieth message on, the first connection is closing for a while before it ends. */
const CLOSING = `
let count = 0
globalThis.WebSocket = class extends globalThis.WebSocket {
  isEnding = false
  constructor(...given) {
    super(...given)
    this.addEventListener('message', () => {
      if (++count !== 20) return
      this.isEnding = true
      setTimeout(() => {
        this.isEnding = false
        this.close(1000)
      }, 50)
    })
  }
  get readyState() {
    return this.isEnding ? 2 : super.readyState
  }
}
`

const RECIPES = {
  async login(t, source) {
    const [server] = await servers(t)
    const { line } = start(t, source, [server.url('/login?uses=1')])
    assert.deepEqual([await line(), await line()], ['logged in', 'hello'])
    await server.command('cut_all')
    assert.deepEqual([await line(), await line(), await line()], ['closed with 1006', 'closed with 4401', 'logged in'])
    assert.deepEqual(await texts(server), [null, 'login token1', 'hello', null, 'login token1', null, 'login token2'])

    // A token that expires on the connection for which it was fetched is replaced.
    const [late] = await servers(t)
    const { line: expired } = start(t, source, [late.url('/login?uses=9')])
    assert.deepEqual([await expired(), await expired()], ['logged in', 'hello'])
    await late.command('close_all?code=4401')
    assert.deepEqual([await expired(), await expired()], ['closed with 4401', 'logged in'])

    // A server that refuses a new token is not asked again.
    const [strict] = await servers(t)
    const { line: refused, exited } = start(t, source, [strict.url('/login?uses=0')])
    assert.equal(await refused(), 'closed with 4401')
    assert.deepEqual(await exited, [0, null])
    assert.deepEqual(await texts(strict), [null, 'login token1'])
  },

  async subscriptions(t, source) {
    const [server] = await servers(t)
    const { line } = start(t, source, [server.url('/topics')])
    assert.deepEqual([await line(), await line()], ['subscribed EURUSD', 'EURUSD 1.09'])
    await server.command('cut_all')
    assert.equal(await line(), 'subscribed EURUSD')
    assert.deepEqual(await texts(server), [null, 'subscribe EURUSD', 'publish EURUSD 1.09', null, 'subscribe EURUSD'])
  },

  async events(t, source) {
    const [server] = await servers(t)
    const { line } = start(t, source, [server.url('/events?n=20&cut=7')])
    for (let number = 1; number <= 20; number++) assert.equal(await line(), `${number} event`)
    assert.deepEqual(await texts(server), [null, 'resume 0', null, 'resume 7', null, 'resume 14'])
  },

  async outbox(t, source) {
    const [server] = await servers(t)
    const { line } = start(t, source, [server.url('/inbox?cut=20')])
    assert.equal(await line(), 'all acknowledged, 5 reconnects')
    const expected = []
    for (let number = 1; number <= 100; number++) {
      if (number % 20 === 1) expected.push(null, 'hello client7')
      expected.push(`${number} reading ${number}`)
    }
    // The server closes after a number that is not the next one.
    assert.deepEqual(await texts(server), [...expected, null, 'hello client7'])

    const [slow] = await servers(t)
    assert.equal(await start(t, CLOSING + source, [slow.url('/inbox')]).line(), 'all acknowledged, 1 reconnects')
    const readings = (await texts(slow)).filter((text) => text?.includes('reading'))
    assert.deepEqual(
      readings,
      Array.from({ length: 100 }, (_, i) => `${i + 1} reading ${i + 1}`),
    )
  },

  async requests(t, source) {
    const [server] = await servers(t)
    const { line } = start(t, source, [server.url('/calls')])
    assert.deepEqual([await line(), await line(), await line()], ['one two', 'no answer in time', 'four again'])
    const first = [null, '1 hold one', '2 echo two', '3 never three', '4 cut four']
    assert.deepEqual(await texts(server), [...first, null, '5 echo four again'])
  },

  async addresses(t, source) {
    const [first, second] = await servers(t, 2)
    await first.command('stop')
    const urls = [first.url('/numbered?n=1'), second.url('/numbered?n=1')]
    const { line } = start(t, source, urls)
    const opened = async (turn) => assert.deepEqual([await line(), await line()], [`open ${turn}`, '0'])
    await opened(1)
    // After a cut the same address is tried first, but not after "service restart".
    await second.command('cut_all')
    await opened(1)
    await first.command('restart')
    await second.command('close_all?code=1012')
    await opened(2)
    assert.deepEqual([await texts(first), await texts(second)], [[null], [null, null]])
    await first.command('stop')
    await opened(3)
  },

  async limits(t, source) {
    const [server] = await servers(t)
    const { line, exited } = start(t, source, [server.url('/limited?burst=15&per_second=5&cut=16')])
    // The server would have closed with 4429.
    assert.deepEqual([await line(), await line(), await line()], ['closed with 1006', 'closed with 1000', 'clean true'])
    assert.deepEqual(await exited, [0, null])
    // Only messages that left while the connection ended are lost: those that follow the cut.
    const all = Array.from({ length: 30 }, (_, i) => `message ${i + 1}`)
    const arrived = await texts(server)
    const last = arrived.slice(18)
    assert.ok(last.length > 0 && last.length <= 14, `${arrived}`)
    assert.deepEqual(arrived, [null, ...all.slice(0, 16), null, ...all.slice(-last.length)])
  },
}

const recipes = programsOf('recipes.md')
test('each recipe has a test', () => assert.equal(recipes.length, Object.keys(RECIPES).length))
for (const [i, [name, run]] of Object.entries(RECIPES).entries()) test(name, (t) => run(t, recipes[i]))

const PAGE = `<!doctype html>
<script type="importmap">{ "imports": { "homing": "./node_modules/homing/dist/index.js" } }</script>
<script type="module">
  import { listen, send } from './tabs.js'
  globalThis.received = []
  listen((data) => received.push(data))
  globalThis.send = send
</script>`

test('tabs', async (t) => {
  const [server] = await servers(t)
  const programs = programsOf('tabs.md')
  assert.equal(programs.length, 1)
  writeFileSync(join(dir, 'index.html'), PAGE)
  writeFileSync(join(dir, 'tabs.js'), programs[0].replace(ADDRESS, server.url('/echo')))
  const files = await fileServer(dir)
  t.after(files.end)
  const chromium = await browser()
  t.after(() => chromium.close())
  // Pages of one context share locks and channels.
  const context = await chromium.newContext()
  const open = async () => {
    const page = await context.newPage()
    await page.goto(files.url)
    await page.waitForFunction(() => globalThis.send)
    return page
  }
  const send = (page, text) => page.evaluate((text) => globalThis.send(text), text)
  const received = async (pages, expected) => {
    for (const page of pages) {
      await page.waitForFunction((count) => received.length >= count, expected.length)
      assert.deepEqual(await page.evaluate(() => received), expected)
    }
  }

  const first = await open()
  await send(first, 'one')
  await received([first], ['one'])
  const second = await open()
  const third = await open()
  await send(second, 'two')
  await received([first], ['one', 'two'])
  await received([second, third], ['two'])
  await server.command('cut_all')
  // What is sent before the leader notices the cut is lost with the connection.
  await texts(server, (found) => found.length === 4)
  await send(third, 'three')
  await received([second, third], ['two', 'three'])
  assert.deepEqual(await texts(server), [null, 'one', 'two', null, 'three'])

  await first.close()
  await send(third, 'four')
  await received([second, third], ['two', 'three', 'four'])
  await second.close()
  await send(third, 'five')
  await received([third], ['two', 'three', 'four', 'five'])
  assert.deepEqual(await texts(server), [null, 'one', 'two', null, 'three', null, 'four', null, 'five'])
  await until(async () => (await server.command('connections')) === '1')
})
