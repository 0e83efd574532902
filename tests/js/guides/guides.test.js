// Runs the first program of the README and every program of the guides in Node, with a server that cuts the first connection of each.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { lab, node, ROOT } from '../bundlers/support/lab.js'

const GUIDES = join(ROOT, 'www/guides')
/** Addresses in the guides, replaced by that of the tests' server. */
const ADDRESS = /wss?:\/\/example\.com(:8080)?\/prices/
const MILLIS = 30_000
const BEAT = 'interval: 55_000'

const here = dirname(fileURLToPath(import.meta.url))
let dir, end
before(async () => ({ dir, end } = await lab(join(here, 'preload'))))
after(() => end?.())

/** Starts a server that answers one subscription, cuts the connection, and answers the next subscription. */
async function prices(pings) {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  const journal = []
  let done
  const finished = new Promise((resolve) => (done = resolve))
  let pinged
  const beat = new Promise((resolve) => (pinged = resolve))
  sockets.on('connection', (ws, { headers, url }) => {
    const about = [new URL(url, 'ws://x').searchParams.get('token'), headers.cookie].filter(Boolean)
    journal.push(['open', ...about].join(' '))
    ws.on('message', (data) => {
      if (`${data}` === 'ping') {
        if (!journal.includes('ping')) journal.push('ping')
        pinged()
        return ws.send('pong')
      }
      journal.push(`${data}`)
      const isFirst = journal.filter((line) => line.startsWith('open')).length === 1
      ws.send(isFirst ? 'EURUSD 1.09' : 'EURUSD 1.10', () => {
        if (!isFirst) done()
        else if (pings) beat.then(() => ws.terminate())
        else setTimeout(() => ws.terminate(), 200)
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${server.address().port}/prices`,
    journal,
    finished,
    end: () => {
      sockets.clients.forEach((ws) => ws.terminate())
      server.close()
    },
  }
}

/** Runs a program until it has printed the second price. */
async function run(source, name) {
  const server = await prices(source.includes(BEAT))
  assert.match(source, ADDRESS)
  const file = join(dir, `${name}.js`)
  // With a shorter interval of heartbeats than in the guide.
  writeFileSync(file, source.replace(ADDRESS, server.url).replace(BEAT, 'interval: 50'))
  const child = spawn(process.execPath, ['--import', './websocket.js', file], { cwd: dir })
  let output = ''
  const enough = new Promise((resolve, reject) => {
    const note = (chunk) => {
      output += chunk
      if (output.includes('EURUSD 1.10')) resolve()
    }
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    child.on('exit', () => reject(new Error(`the program ended by itself\n${output}`)))
    setTimeout(() => reject(new Error(`not done after ${MILLIS} ms: ${server.journal}\n${output}`)), MILLIS).unref()
  })
  try {
    await Promise.all([server.finished, enough])
    return { journal: server.journal, output }
  } finally {
    child.kill()
    server.end()
  }
}

const BOTH = ['open', 'subscribe EURUSD', 'open', 'subscribe EURUSD']
const EXPECTED = {
  'from-reconnecting-websocket.md': [
    { journal: BOTH },
    { journal: BOTH },
    {
      journal: ['open secret', 'subscribe EURUSD', 'open secret', 'subscribe EURUSD'],
      output: /^attempt 1 in \d+ ms$/m,
      more: '\nsocket.onmessage = ({ data }) => console.log(data)\n',
    },
  ],
  'from-a-callback-client.md': [
    {
      journal: ['open', 'subscribe EURUSD', 'ping', 'open', 'subscribe EURUSD'],
      output: /^text EURUSD 1.09\n(error\n)?closed 1006 {2}false$/m,
    },
    { journal: BOTH },
    { journal: BOTH.map((line) => (line === 'open' ? 'open session=0123456789' : line)) },
  ],
}

test('the first program of the README', async () => {
  const [, program] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(ROOT, 'www/README.md'), 'utf8'))
  const { journal, output } = await run(program, 'readme')
  assert.deepEqual(journal, BOTH)
  assert.match(output, /^next attempt in \d+ ms$/m)
})

/** Programs that are tests, and the number of tests of each. */
const TESTS = { 'testing.md': [1, 1, 2, 1, 2] }

/** A guide with excerpts of examples, which have their own tests. */
const EXCERPTS = 'frameworks.md'
const EXAMPLES = join(ROOT, 'examples/npm')

/** Guides with servers and tests of their own. */
const ELSEWHERE = ['recipes.md', 'tabs.md', 'with-libraries.md']

test('every guide is among them', () => {
  assert.deepEqual(readdirSync(GUIDES).sort(), [...Object.keys(EXPECTED), ...Object.keys(TESTS), EXCERPTS, ...ELSEWHERE].sort())
})

test(`${EXCERPTS} shows what is in the examples`, () => {
  const files = readdirSync(EXAMPLES, { recursive: true }).filter((file) => /\.(jsx?|vue|svelte)$/.test(file))
  const bare = (text) => text.replace(/^ +/gm, '')
  const sources = files.map((file) => bare(readFileSync(join(EXAMPLES, file), 'utf8')))
  const shown = [...readFileSync(join(GUIDES, EXCERPTS), 'utf8').matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code)
  assert.ok(shown.length >= 5, `${shown.length}`)
  for (const code of shown)
    assert.ok(
      sources.some((source) => source.includes(bare(code))),
      code,
    )
})

const programsOf = (guide) =>
  [...readFileSync(join(GUIDES, guide), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program)

for (const [guide, expected] of Object.entries(TESTS)) {
  test(`${guide} has as many programs as are expected`, () => assert.equal(programsOf(guide).length, expected.length))
  for (const [i, count] of expected.entries()) {
    test(`${guide}, program ${i + 1}`, async () => {
      const file = join(dir, `${guide}-${i + 1}.test.js`)
      writeFileSync(file, programsOf(guide)[i])
      // Otherwise the runner would treat itself as a part of this run.
      const env = { NODE_TEST_CONTEXT: undefined }
      const output = await node(['--test', '--test-reporter=tap', file], { cwd: dir, env, millis: MILLIS })
      assert.match(output, new RegExp(`^# pass ${count}$`, 'm'))
    })
  }
}

for (const [guide, expected] of Object.entries(EXPECTED)) {
  const programs = programsOf(guide)
  test(`${guide} has as many programs as are expected`, () => assert.equal(programs.length, expected.length))
  for (const [i, { journal, output = /1\.09/, more = '' }] of expected.entries()) {
    test(`${guide}, program ${i + 1}`, async () => {
      const seen = await run(programs[i] + more, `${guide}-${i + 1}`)
      assert.deepEqual(seen.journal, journal)
      assert.match(seen.output, output)
    })
  }
}

test('the guide for reconnecting-websocket also applies to partysocket', async () => {
  const [, first] = /^```js\n(.*?)^```$/ms.exec(readFileSync(join(GUIDES, 'from-reconnecting-websocket.md'), 'utf8'))
  const { journal } = await run(first.replace("'reconnecting-websocket'", "'partysocket/ws'"), 'partysocket')
  assert.deepEqual(journal, BOTH)
})

const PEERS = { 'reconnecting-websocket': 1000, 'partysocket/ws': 1000, homing: 1006 }
for (const [peer, code] of Object.entries(PEERS)) {
  test(`a refused port is ${code} in ${peer}`, async () => {
    const file = join(dir, 'refused.mjs')
    const source = `import Socket from '${peer}'
      new Socket('ws://127.0.0.1:9').onclose = ({ code }) => {
        console.log(code)
        process.exit()
      }`
    writeFileSync(file, source)
    const child = spawn(process.execPath, ['--import', './websocket.js', file], { cwd: dir, timeout: MILLIS })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    await once(child, 'close')
    assert.equal(output, `${code}\n`)
  })
}
