// The page in Firefox: what may differ between engines, such as styles, canvases and the client.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { serve } from '../../../www/demo/serve.js'
import { until } from '../support/wait.js'
import { browser } from '../support/webdriver.js'

const missing = [process.env.FIREFOX ?? 'firefox-esr', 'geckodriver'].find((it) => spawnSync(it, ['--version']).error)

test('the page works in Firefox', { skip: missing && `please install ${missing}`, timeout: 300_000 }, async () => {
  const demo = process.env.HOMING_DEMO ? { url: process.env.HOMING_DEMO, end: async () => {} } : await serve()
  const page = await browser('firefox')
  try {
    // A stall of the machine must not look like a dead server.
    await page.go(`${demo.url}?patience=20`)
    const text = (id) => page.script('return document.getElementById(arguments[0]).textContent', id)
    const press = (id) => page.script('document.getElementById(arguments[0]).click()', id)
    const logged = (part) => until(async () => (await text('log')).includes(part), 60_000)
    await until(async () => (await text('state')) === 'open')
    await press('cut')
    await logged('1006, not clean')
    await until(async () => (await text('reconnects')) === '1')
    await press('flood')
    await logged('50,000 messages, 3.2 MB')
    await press('close')
    await logged('closed, 0 messages unsent')
    await until(async () => (await text('state')) === 'closed')
    const drawn = await page.script(`
      return [...document.querySelectorAll('canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return data.some((part) => part > 0)
      })
    `)
    assert.deepEqual(drawn, [true, true, true, true, true])
    assert.equal(await page.script('return document.documentElement.scrollWidth <= innerWidth'), true)
  } finally {
    await page.end()
    await demo.end()
  }
})
