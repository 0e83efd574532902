// The example apps of `examples/apps` in a browser, each through a cut. HOMING_APP is the directory that `wasm-bindgen` wrote the
// module of one app to; `--filter` chooses its test.

import { assert } from '../support/assert.js'
import { fileServer } from '../support/server.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { browser } from '../support/webdriver.js'

/** Opens the page of an app, whose connections go to the test server. */
async function open(t, name, server) {
  const module = process.env.HOMING_APP
  if (!module) throw new Error('HOMING_APP must name a directory with a module')
  const page = `/examples/apps/${name}/`
  const files = await fileServer({}, { mounts: { [`${page}pkg/`]: module }, webSockets: server.port })
  t.onEnd(files.end)
  await t.page.go(`${files.url}${page}index.html`)
  await t.page.script(`
    globalThis.faults = []
    addEventListener('error', ({ message }) => faults.push(message))
    addEventListener('unhandledrejection', ({ reason }) => faults.push(String(reason)))`)
}

const texts = async (server) => (await server.journal()).filter(([kind]) => kind === 'text').map(([, text]) => text)
const closes = async (server) => (await server.journal()).filter(([kind]) => kind === 'close').length
const faults = (t) => t.page.script('return faults')

/** Reads what an app shows, and uses it as a person would. */
function user(page) {
  return {
    status: () => page.script('return document.querySelector("output")?.textContent'),
    lines: () => page.script('return [...document.querySelectorAll("li")].map((line) => line.textContent)'),
    press: () => page.script('document.querySelector("button").click()'),
    enter: (text) => {
      const script = `
        const input = document.querySelector('input')
        input.value = arguments[0]
        input.dispatchEvent(new InputEvent('input', { bubbles: true }))
        input.form.requestSubmit()`
      return page.script(script, text)
    },
  }
}

async function throughACut({ status, lines, enter }, server) {
  await until(async () => (await status()) === 'open')
  await enter('before')
  await until(async () => (await lines()).includes('server: before'))

  await server.command('stop')
  await until(async () => /^waiting .* to reconnect$/.test(await status()))
  await enter('offline')
  await until(async () => (await lines()).includes('you: offline (queued)'))
  await server.command('restart')
  await until(async () => (await lines()).includes('server: offline'))
  assert.strictEqual(await status(), 'open')
  assert.deepEqual(await lines(), ['you: before', 'server: before', 'you: offline (queued)', 'server: offline'])
  assert.deepEqual(await texts(server), ['before', 'offline'])
}

for (const name of ['leptos', 'dioxus', 'yew']) {
  test(`${name}_delivers_after_a_cut_what_was_entered_while_offline`, async (t) => {
    const server = await t.server()
    await open(t, name, server)
    const app = user(t.page)
    await throughACut(app, server)

    // Leaving removes the component, and its client closes. Entering makes another one.
    await app.press()
    await until(async () => (await closes(server)) === 1)
    assert.strictEqual(await app.status(), null)
    await app.press()
    await until(async () => (await app.status()) === 'open')
    assert.deepEqual(await app.lines(), [])
    assert.deepEqual(await faults(t), [])
  })
}

// HOMING_APP is the program.
test('tauri_delivers_after_a_cut_what_was_entered_while_offline', async (t) => {
  const server = await t.server()
  const page = await browser('tauri', { binary: process.env.HOMING_APP, args: [server.url('/echo')] })
  t.onEnd(page.end)
  const app = user(page)
  await throughACut(app, server)
  // Leaving closes the window, maybe before the driver has answered, and the program ends after its client.
  await app.press().catch(() => {})
  await until(async () => (await closes(server)) === 1)
})

test('egui_reconnects_after_a_cut', async (t) => {
  const server = await t.server()
  await open(t, 'egui', server)
  const requests = async () => (await server.journal()).filter(([kind]) => kind === 'request').length
  await until(async () => (await requests()) === 1)
  await server.command('cut_all')
  await until(async () => (await requests()) === 2)
  assert.deepEqual(await faults(t), [])
})
