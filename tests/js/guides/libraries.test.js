// Runs the programs of the guide about libraries in Node, with the libraries' servers, which cut each connection once.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { lab, ROOT } from '../bundlers/support/lab.js'

const GUIDE = join(ROOT, 'www/guides/with-libraries.md')
/** Addresses in the guide, replaced by those of the tests' servers. */
const ADDRESS = /(ws|http)s:\/\/example\.com/
const MILLIS = 30_000

const here = dirname(fileURLToPath(import.meta.url))
const { dir, end } = await lab(join(here, 'preload'), join(here, '../libraries/servers'))
after(end)
const { servers } = await import(pathToFileURL(join(dir, 'servers.js')))

/** Makes the server send a word until the program has printed it. */
async function printed(program, control, word) {
  for (const giveUp = Date.now() + MILLIS; !program.output.includes(word); ) {
    assert.ok(!program.isOver, `it ended by itself\n${program.output}`)
    assert.ok(Date.now() < giveUp, `no ${word} after ${MILLIS} ms\n${program.output}`)
    // A document exists once a program has opened it.
    const opened = await control('text', 'room').catch(() => undefined)
    if (opened !== undefined) await control('append', 'room', word)
    else await control('publish', word).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function run(source, name, library, check = () => {}) {
  const { url, control, end } = await servers[library]()
  assert.match(source, ADDRESS)
  const file = join(dir, `${name}.js`)
  writeFileSync(
    file,
    source.replace(ADDRESS, (_, scheme) => url.replace('ws', scheme)),
  )
  const child = spawn(process.execPath, ['--import', './websocket.js', file], { cwd: dir })
  const exited = once(child, 'exit')
  const program = { output: '', isOver: false }
  const note = (chunk) => (program.output += chunk)
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  exited.then(() => (program.isOver = true))
  try {
    await printed(program, control, '1.09')
    await control('cut', 0)
    await printed(program, control, '1.10')
    assert.equal(await control('open'), 1)
    check(await control('urls'))
  } finally {
    child.kill()
    await exited
    await end()
  }
}

const withTokens = (urls) => assert.deepEqual(urls, ['/prices?token=secret', '/prices?token=secret'])
const EXPECTED = [
  ['rxjs'],
  ['graphql-ws'],
  ['trpc'],
  ['stomp'],
  ['signalr'],
  ['phoenix'],
  ['centrifuge'],
  ['hocuspocus'],
  ['y-websocket'],
  ['mqtt'],
  ['sharedb'],
  ['rxjs', withTokens],
]

const programs = [...readFileSync(GUIDE, 'utf8').matchAll(/^```js\n(.*?)^```$/gms)].map(([, program]) => program)
test('the guide has as many programs as are expected', () => assert.equal(programs.length, EXPECTED.length))
test('each library that has a server is in the guide', () =>
  assert.deepEqual([...new Set(EXPECTED.map(([library]) => library))].sort(), Object.keys(servers).sort()))
for (const [i, [library, check]] of EXPECTED.entries()) {
  test(`with-libraries.md, program ${i + 1}, ${library}`, () => run(programs[i], `with-libraries-${i + 1}`, library, check))
}
