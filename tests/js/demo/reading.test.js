// Accessibility of the page: keyboards, phones, dark mode, screen readers.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { until } from '../support/wait.js'
import { visits } from './browser.js'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const DESKTOP = { width: 1280, height: 900 }
const PHONE = { width: 320, height: 640 }

const visit = visits()

visit('everything can be reached and used by keyboard', {}, async (visit, page) => {
  const reached = []
  for (;;) {
    await page.keyboard.press('Tab')
    const focus = await page.evaluate(() => {
      const it = document.activeElement
      const { outlineStyle, outlineWidth } = getComputedStyle(it)
      return { id: it.id || it.textContent, name: it.tagName, outline: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 }
    })
    if (focus.name === 'BODY') break
    assert.ok(focus.outline, `the focus on ${focus.id} is not seen`)
    reached.push(focus.id)
  }
  assert.deepEqual(reached, [
    ...['url', 'beat', 'Connect', 'home', 'cut', 'silence', 'restart', 'flood', 'refusals', 'Refuse'],
    ...['code', 'reason', 'Send Close', 'text', 'Send', 'times', 'size', 'Send many', 'reconnect', 'close', 'log'],
  ])
  const tabTo = async (id) => {
    while (!(await page.evaluate((id) => document.activeElement.id === id, id))) await page.keyboard.press('Tab')
  }
  await tabTo('cut')
  await page.keyboard.press('Space')
  await visit.logged('close 1006', 'open')
  await tabTo('code')
  await page.keyboard.type('4321')
  await page.keyboard.press('Enter')
  await visit.logged('close 4321', 'open')
  await tabTo('text')
  await page.keyboard.press('Enter')
  await visit.logged('message 1 message')
  await tabTo('close')
  await page.keyboard.press('Enter')
  await visit.logged('end closed')
})

visit('the state is announced, and messages are not', {}, async (visit, page) => {
  const live = await page.$$eval('[aria-live], [role=status], [role=alert], [role=log], output', (all) => all.map((it) => it.id))
  assert.deepEqual(live.sort(), ['state', 'url-fault'])
  await page.evaluate(() => {
    globalThis.said = []
    const state = document.getElementById('state')
    new MutationObserver(() => said.push(state.textContent)).observe(state, {
      childList: true,
      characterData: true,
      subtree: true,
    })
  })
  await visit.press('Send many')
  await visit.logged('message 10,000 messages')
  assert.deepEqual(await page.evaluate(() => said), [])
  await visit.press('Close')
  await visit.is('closed')
  assert.equal(await page.evaluate(() => said.at(-1)), 'closed')
})

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark']) {
    visit(`axe finds no fault: ${name}, ${colorScheme}`, { viewport, colorScheme }, async (visit, page) => {
      await visit.press('Cut')
      await visit.logged('close 1006', 'reconnecting', 'open')
      await page.addScriptTag({ path: axe })
      const found = async () => {
        const { violations } = await page.evaluate(() => axe.run())
        return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])
      }
      assert.deepEqual(await found(), [])
      // With a pressed button below the mouse.
      await visit.press('Silence')
      assert.deepEqual(await found(), [])
      await visit.press('Silence')
      // With an error, and the server's buttons disabled.
      await visit.fill('url', 'ws://127.0.0.1:9/')
      await visit.press('Connect')
      await visit.fill('url', 'ftp://127.0.0.1/')
      await visit.press('Connect')
      assert.notEqual(await page.textContent('#url-fault'), '')
      assert.deepEqual(await found(), [])
    })
  }
}

visit('light turns dark, in the plots as well', { colorScheme: 'light' }, async (visit, page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await visit.drawn('states-plot', '--open')
  await page.emulateMedia({ colorScheme: 'dark' })
  await until(async () => (await ground()) !== light)
  await visit.drawn('states-plot', '--open')
})

/** The colour in each plot after messages were sent and received. */
const LINES = {
  'states-plot': '--open',
  'round-trip-plot': '--round-trip',
  'queue-plot': '--queue',
  'messages-plot': '--out',
  'bytes-plot': '--out',
}

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: { width: 360, height: 740 } })) {
  visit(`the plots in a screenshot: ${name}`, { viewport, colorScheme: 'light' }, async (visit, page) => {
    await visit.press('Send many')
    for (const plot in LINES) await visit.drawn(plot, LINES[plot])
    const inAll = (isSo) => async () => Object.values(await visit.photograph(LINES)).every(isSo)
    // Lines are thin: the background determines whether a plot is light or dark.
    await until(inAll(({ share, brightness }) => share > 0.0001 && brightness > 0.8))
    await page.emulateMedia({ colorScheme: 'dark' })
    await until(inAll(({ share, brightness }) => share > 0.0001 && brightness < 0.3))
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width)
  })
}

visit('a small phone shows everything without horizontal scrolling', { viewport: PHONE, hasTouch: true }, async (visit, page) => {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), PHONE.width)
  const wide = await page.$$eval(
    'main *',
    (all, width) => {
      return all.filter((it) => it.getBoundingClientRect().right > width).map((it) => it.id || it.className || it.tagName)
    },
    PHONE.width,
  )
  assert.deepEqual(wide, [])
  await page.getByRole('button', { name: 'Cut' }).tap()
  await visit.logged('close 1006', 'open')
  // The state remains visible at every scroll position.
  assert.ok(await page.evaluate(() => scrollY > 100))
  const { y } = await page.locator('#state').boundingBox()
  assert.ok(y >= 0 && y < 100, `${y}`)
  // Buttons are large enough for fingers.
  for (const button of await page.getByRole('button').all()) assert.ok((await button.boundingBox()).height >= 40)
})

/** Records layout shifts, except those of the log's lines. */
const watchShifts = () => {
  globalThis.shifts = []
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const moved = sources.map(({ node }) => node?.id || node?.className || node?.nodeName).filter((name) => name !== 'LI')
      if (value > 0 && moved.length > 0) shifts.push([value, ...moved])
    }
  }).observe({ type: 'layout-shift', buffered: true })
}

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  visit(`no layout shifts: ${name}`, { viewport, init: watchShifts }, async (visit, page) => {
    await visit.press('Cut')
    await visit.logged('close 1006', 'open')
    await visit.press('Flood')
    await visit.logged('message 50,000 messages')
    await visit.fill('code', 1008)
    await visit.press('Send Close')
    await visit.logged('end fatal')
    await visit.is('closed')
    assert.deepEqual(await page.evaluate(() => shifts), [])
  })
}

/** Counts frames and redraws of canvases. */
const countDrawings = () => {
  globalThis.counts = { frames: 0, drawings: 0 }
  const { clearRect } = CanvasRenderingContext2D.prototype
  CanvasRenderingContext2D.prototype.clearRect = function (...rect) {
    counts.drawings++
    clearRect.apply(this, rect)
  }
  const { requestAnimationFrame } = window
  window.requestAnimationFrame = (act) => {
    counts.frames++
    return requestAnimationFrame.call(window, act)
  }
}

visit('plots are drawn by the frame, not by the message', { init: countDrawings }, async (visit, page) => {
  await visit.drawn('states-plot', '--open')
  const before = await page.evaluate(() => ({ ...counts }))
  await visit.press('Flood')
  await visit.logged('message 50,000 messages')
  const after = await page.evaluate(() => ({ ...counts }))
  const plots = await page.locator('.plot').count()
  const drawings = after.drawings - before.drawings
  assert.ok(drawings > 0)
  assert.ok(drawings <= (after.frames - before.frames + 1) * plots, `${drawings}`)
})
