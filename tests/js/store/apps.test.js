// The examples of `homing/store` for each framework, built by Vite with the packed package, in Chromium.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { node, ROOT, tool } from '../bundlers/support/lab.js'
import { fileServer } from '../bundlers/support/servers.js'
import { stage } from '../bundlers/support/stage.js'

const EXAMPLES = join(ROOT, 'examples/npm')
const APPS = ['react', 'rxjs', 'solid', 'svelte', 'vue']
const MILLIS = 60_000

const here = dirname(fileURLToPath(import.meta.url))
const on = stage([EXAMPLES, join(here, 'types')])

test('every example is among them', () => {
  const directories = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  assert.deepEqual(directories.map(({ name }) => name).sort(), APPS)
})

test('the types fit those of the frameworks', async () => {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const target = ['--target', 'es2022', '--lib', 'es2022,dom,dom.iterable,dom.asynciterable', '--types', '']
  await node([tsc, '--strict', '--noEmit', '--module', 'es2022', '--moduleResolution', 'bundler', ...target, 'frameworks.ts'], {
    cwd: on.dir,
  })
})

/** Opens an app; `complaints` are the messages on the console. */
async function open(name) {
  const out = join(on.dir, 'out', name)
  await node([tool('vite/bin/vite.js'), 'build', name, '--outDir', out, '--logLevel', 'warn'], { cwd: on.dir })
  const files = await fileServer(out)
  const page = await on.chromium.newPage()
  page.setDefaultTimeout(MILLIS)
  const complaints = []
  page.on('pageerror', (error) => complaints.push(`${error.stack ?? error}`))
  page.on('console', (message) => {
    const isBad = message.type() === 'error' || message.type() === 'warning'
    const isExpected = /WebSocket connection to .* failed|favicon/.test(`${message.text()} ${message.location().url}`)
    if (isBad && !isExpected) complaints.push(message.text())
  })
  // Records each change, since states may be short.
  await page.addInitScript(() => {
    globalThis.shown = []
    globalThis.retries = []
    new MutationObserver(() => {
      const text = document.querySelector('output')?.textContent ?? 'nothing'
      if (globalThis.shown.at(-1) !== text) globalThis.shown.push(text)
      const [retry] = /attempt \d+ in \d+ ms/.exec(document.querySelector('section')?.textContent) ?? []
      if (retry && globalThis.retries.at(-1) !== retry) globalThis.retries.push(retry)
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await page.goto(`${files.url}?server=${on.server.url(name)}`)
  const end = async () => {
    await page.close()
    files.end()
  }
  const states = () => page.evaluate(() => globalThis.shown.splice(0))
  return { page, complaints, states, end }
}

for (const name of APPS) {
  test(name, async () => {
    const { page, complaints, states, end } = await open(name)
    const isOpen = () => page.locator('output', { hasText: /^open$/ }).waitFor()
    const send = async (text) => {
      await page.fill('input', text)
      await page.press('input', 'Enter')
    }
    try {
      await isOpen()
      await send('hello')
      await page.locator('li', { hasText: 'hello' }).waitFor()
      assert.equal(await page.inputValue('input'), '')
      assert.deepEqual((await states()).slice(-2), ['connecting', 'open'])

      // The server cuts the connection and refuses the next two.
      await send('cut')
      await page.waitForFunction(() => globalThis.retries.length > 0 && globalThis.shown.at(-1) === 'open')
      const seen = await states()
      assert.deepEqual([seen.includes('waiting'), seen.includes('connecting'), seen.at(-1)], [true, true, 'open'])
      assert.match(await page.evaluate(() => globalThis.retries[0]), /^attempt 1 in \d+ ms$/)
      await send('again')
      await page.locator('li', { hasText: 'again' }).waitFor()
      assert.deepEqual(await page.locator('li').allTextContents(), ['hello', 'again'])
      assert.doesNotMatch(await page.locator('section').textContent(), /attempt/)

      await page.click('button')
      await page.locator('section').waitFor({ state: 'detached' })
      const closed = await eventually(() => on.server.open(name) === 0)
      assert.ok(closed, 'the connection is closed when the component is unmounted')
      await page.click('button')
      await isOpen()
      assert.equal(on.server.open(name), 1)
      assert.deepEqual(on.server.journal(name), ['open', 'hello', 'cut', 'refused', 'refused', 'open', 'again', 'open'])
      assert.deepEqual(complaints, [])
    } finally {
      await end()
    }
  })
}

async function eventually(condition) {
  for (const giveUp = Date.now() + MILLIS; Date.now() < giveUp; ) {
    if (condition()) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}
