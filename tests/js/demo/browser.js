// Opens the demo page in Chromium and reads from it.

import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { serve } from '../../../www/demo/serve.js'
import { until } from '../support/wait.js'

/**
 * Starts a browser, and serves the page unless `HOMING_DEMO` is the address where `cargo xtask demo` serves it. Returns a function
 * like `test`, whose function is called with a visit of the page, and the page.
 */
export function visits() {
  let browser
  let demo
  before(async () => {
    demo = process.env.HOMING_DEMO ? { url: process.env.HOMING_DEMO, end: async () => {} } : await serve()
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    })
  })
  after(async () => {
    await browser?.close()
    await demo?.end()
  })
  return (name, options, act) =>
    test(name, { timeout: 120_000 }, async () => {
      const visit = await Visit.open(browser, demo.url, options)
      await act(visit, visit.page)
      await visit.end()
    })
}

/** A visit of the page. */
class Visit {
  /** Unexpected messages on the console. */
  complaints = []
  #context
  #seen = 0

  /** `init` runs in the page before anything else; requests to paths `without` this fail. With the usual `patience` no
   * stall of the machine looks like a dead server. */
  static async open(browser, url, { init, without, connects = true, patience = 20, ...options }) {
    const visit = new Visit()
    visit.#context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    if (init) await visit.#context.addInitScript(init)
    if (without) await visit.#context.route(without, (route) => route.abort())
    const page = (visit.page = await visit.#context.newPage())
    page.on('pageerror', (error) => visit.complaints.push(error.stack))
    page.on('console', (message) => {
      // The browser logs failed connections and requests.
      if (!/^WebSocket connection to|net::ERR_FAILED/.test(message.text())) visit.complaints.push(message.text())
    })
    await page.goto(`${url}?patience=${patience}`)
    if (connects) await visit.logged('open')
    return visit
  }

  /** Ends the visit. Fails if there were unexpected messages on the console. */
  async end() {
    await this.#context.close()
    if (this.complaints.length > 0) throw new Error(`on the console: ${this.complaints.join('\n')}`)
  }

  /** Returns the lines of the log, oldest first. */
  lines() {
    return this.page.$$eval('#log li', (lines) =>
      lines.map((line) => `${line.querySelector('b').textContent} ${line.querySelector('span').textContent}`.trim()).reverse(),
    )
  }

  /** Waits for lines of the log that contain these texts, in order, after the lines of earlier calls. */
  async logged(...wanted) {
    let lines = []
    const found = () => {
      let at = this.#seen
      for (const part of wanted) {
        at = lines.findIndex((line, index) => index >= at && line.includes(part)) + 1
        if (at === 0) return undefined
      }
      return at
    }
    await until(async () => {
      lines = await this.lines()
      return found()
    }, 30_000).catch((error) => {
      throw new Error(`${wanted.join(' | ')} is not in the log:\n${lines.join('\n')}`, { cause: error })
    })
    this.#seen = found()
  }

  /** Keeps the server down once it is stopped, until the returned function is called. */
  async away() {
    let back
    const held = new Promise((resolve) => (back = resolve))
    await this.page.route(/\/restart\b/, (route) => held.then(() => route.continue()))
    return back
  }

  state() {
    return this.page.textContent('#state')
  }

  /** Waits for a state. */
  is(state) {
    return until(async () => (await this.state()) === state, 30_000)
  }

  /** Returns a figure, without its unit. */
  async figure(id) {
    return parseFloat((await this.page.textContent(`#${id}`)).replaceAll(',', ''))
  }

  fill(id, value) {
    return this.page.fill(`#${id}`, `${value}`)
  }

  press(name, scope = 'body') {
    return this.page.locator(scope).getByRole('button', { name, exact: true }).click()
  }

  /** Waits until a plot has pixels of a colour of the style sheet. */
  async drawn(plot, name) {
    await until(async () => (await this.page.evaluate(pixels, [`#${plot} canvas`, name])).share > 0, 30_000)
  }

  /** Returns, for each plot in a screenshot, the share of the pixels of a colour, and the brightness. */
  async photograph(plots) {
    const png = await this.page.screenshot({ fullPage: true })
    const picture = `data:image/png;base64,${png.toString('base64')}`
    const seen = {}
    for (const plot in plots) seen[plot] = await this.page.evaluate(pixels, [picture, plots[plot], plot])
    return seen
  }
}

/** Returns the pixels of a canvas, or those of an element in a screenshot. */
async function pixels([source, name, part]) {
  const isPicture = source.startsWith('data:')
  const image = isPicture ? await createImageBitmap(await (await fetch(source)).blob()) : document.querySelector(source)
  const {
    left = -scrollX,
    top = -scrollY,
    width,
    height,
  } = isPicture ? document.getElementById(part).getBoundingClientRect() : image
  const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  copy.drawImage(image, -left - scrollX, -top - scrollY)
  const { data } = copy.getImageData(0, 0, width, height)
  const style = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const wanted = [1, 3, 5].map((at) => parseInt(style.slice(at, at + 2), 16))
  let [found, sum] = [0, 0]
  for (let at = 0; at < data.length; at += 4) {
    if (wanted.every((colour, index) => Math.abs(data[at + index] - colour) < 3) && data[at + 3] > 250) found++
    sum += data[at] + data[at + 1] + data[at + 2]
  }
  return { share: (found * 4) / data.length, brightness: (sum * 4) / data.length / 765 }
}
