// The effect of each button, as the page shows it.

import assert from 'node:assert/strict'
import { testServer } from '../support/server.js'
import { until } from '../support/wait.js'
import { visits } from './browser.js'

/** Longer than a stall of the machine, and short enough to wait for. */
const WAITS = { patience: 5 }

/** Without the demo's server. */
const ALONE = { without: /\/start$/, connects: false }

const visit = visits()

visit('the page opens a connection and draws it', {}, async (page) => {
  await page.is('open')
  assert.equal(await page.figure('attempts'), 1)
  await page.drawn('states-plot', '--open')
  await page.drawn('round-trip-plot', '--round-trip')
  assert.match(await page.page.textContent('#rtt'), /^[\d.]+ m?s$/)
})

visit('cut', {}, async (page) => {
  await page.press('Cut')
  await page.logged('ask the server to cut', 'close 1006, not clean', 'reconnecting in', 'connecting', 'open')
  await page.is('open')
  assert.equal(await page.figure('reconnects'), 1)
  await page.drawn('states-plot', '--connecting')
})

visit('silence', WAITS, async (page) => {
  await page.press('Silence')
  const button = page.page.getByRole('button', { name: 'Silence' })
  assert.equal(await button.getAttribute('aria-pressed'), 'true')
  await page.logged('stop sending', 'heartbeat timeout', 'close 1006, not clean', 'reconnecting')
  await page.press('Silence')
  assert.equal(await button.getAttribute('aria-pressed'), 'false')
  await page.logged('send again', 'open')
  await page.is('open')
})

visit('refuse', {}, async (page) => {
  await page.fill('refusals', 2)
  await page.press('Refuse')
  await page.logged('refuse the next 2', 'attempt 1', 'close 1006', 'attempt 2', 'close 1006', 'attempt 3', 'open')
  assert.equal(await page.figure('attempts'), 4)
})

visit('restart', {}, async (page) => {
  const back = await page.away()
  const button = page.page.getByRole('button', { name: 'Restart' })
  await button.focus()
  await page.page.keyboard.press('Enter')
  await page.logged('stay down for 3 s', 'close 1006')
  // A second press has no effect.
  await page.page.keyboard.press('Enter')
  assert.ok(await button.evaluate((it) => it === document.activeElement))
  await page.press('Send')
  await page.logged('send 1 message, which waits for a connection')
  await until(async () => (await page.figure('queued')) === 5)
  back()
  await page.logged('open', 'message 1 message, 5 B')
  assert.equal((await page.lines()).filter((line) => line.includes('to restart')).length, 1)
  await page.drawn('states-plot', '--waiting')
  await page.drawn('queue-plot', '--queue')
})

visit('flood', {}, async (page) => {
  await page.press('Flood')
  await page.logged('50,000 messages at once', 'message 50,000 messages, 3.2 MB')
  // Heartbeats are answered during the flood.
  await until(async () => (await page.figure('received')) >= 50_000)
  await page.drawn('messages-plot', '--in')
  await page.drawn('bytes-plot', '--in')
})

visit('the server closes', {}, async (page) => {
  await page.press('Send Close')
  await page.logged('ask the server to close with 4001', 'close 4001 “enough”, clean', 'reconnecting', 'open')
  await page.fill('code', 1008)
  await page.fill('reason', '')
  await page.press('Send Close')
  await page.logged('close 1008, clean', 'end fatal, 0 messages unsent')
  await page.is('closed')
  await page.press('Reconnect')
  await page.logged('reconnect by hand', 'open')
  await page.is('open')
})

visit('send', {}, async (page) => {
  await page.fill('text', 'grüße')
  await page.press('Send')
  await page.logged('send 1 message', 'message 1 message, 5 B')
  assert.equal(await page.state(), 'open')
})

visit('send many, and too many', {}, async (page) => {
  await page.press('Send many')
  await page.logged('send 10,000 messages', 'message 10,000 messages, 1 MB')
  await until(async () => (await page.figure('sent')) >= 10_000)
  await page.drawn('messages-plot', '--out')
  await page.drawn('queue-plot', '--queue')
  const back = await page.away()
  await page.press('Restart')
  await page.logged('close 1006')
  await page.fill('times', 20_000)
  await page.press('Send many')
  await page.logged('messages of 20,000: the buffer is full')
  back()
  await page.logged('open')
  await page.logged('drain there is room again')
})

visit('reconnect by hand', {}, async (page) => {
  await page.press('Reconnect')
  await page.logged('reconnect by hand', 'close 1000, clean', 'open')
  assert.equal(await page.figure('attempts'), 2)
})

visit('close', {}, async (page) => {
  await page.press('Close')
  await page.logged('close the client', 'close 1000, clean', 'end closed, 0 messages unsent')
  await page.is('closed')
  await page.press('Send')
  await page.logged('the client is closed: nothing sent')
})

visit('another URL', {}, async (page) => {
  const server = await testServer()
  try {
    const port = await (await fetch(`${server.control}/start`)).text()
    await page.fill('url', `ws://127.0.0.1:${port}/numbered?n=3`)
    await page.page.keyboard.press('Enter')
    await page.logged(`connect to ws://127.0.0.1:${port}/`, 'open', 'message 3 messages, 3 B')
    assert.equal(await page.page.isChecked('#beat'), false)
    for (const name of ['Cut', 'Silence', 'Restart', 'Flood', 'Refuse', 'Send Close']) {
      assert.ok(await page.page.getByRole('button', { name }).isDisabled(), name)
    }
    assert.match(await page.page.textContent('#server-note'), /connected to another one/)
    await page.press('Close')
    await page.logged('end closed')
    const journal = await (await fetch(`${server.control}/${port}/journal`)).text()
    assert.match(journal, new RegExp(`\\tclose\\t${Buffer.from('1000').toString('hex')}\\t`))
    await page.press('Demo’s server')
    await page.logged('connect to', 'open')
    assert.ok(await page.page.getByRole('button', { name: 'Cut' }).isEnabled())
    assert.ok(await page.page.isChecked('#beat'))
  } finally {
    await server.end()
  }
})

visit('without its server the page shows that, and connects to others', ALONE, async (page) => {
  assert.match(await page.page.textContent('#server-note'), /does not answer/)
  assert.ok(await page.page.getByRole('button', { name: 'Cut' }).isDisabled())
  const server = await testServer()
  try {
    const port = await (await fetch(`${server.control}/start`)).text()
    await page.fill('url', `ws://127.0.0.1:${port}/echo`)
    await page.press('Connect')
    await page.logged('open')
    assert.match(await page.page.textContent('#server-note'), /does not answer/)
  } finally {
    await server.end()
  }
})

visit('a server that cannot be commanded', { without: /cut_all/ }, async (page) => {
  await page.press('Cut')
  await page.logged('the server cannot be commanded')
  assert.equal(await page.state(), 'open')
})

visit('an invalid URL', {}, async (page) => {
  for (const fault of ['ftp://127.0.0.1/', 'ws://127.0.0.1/#fragment', 'ws://']) {
    await page.fill('url', fault)
    await page.press('Connect')
    assert.notEqual(await page.page.textContent('#url-fault'), '', fault)
    assert.equal(await page.page.getAttribute('#url', 'aria-invalid'), 'true', fault)
  }
  // The old client continues.
  await page.press('Cut')
  await page.logged('close 1006', 'open')
  await page.press('Demo’s server')
  assert.equal(await page.page.textContent('#url-fault'), '')
  assert.equal(await page.page.getAttribute('#url', 'aria-invalid'), null)
})
