// What is measured without other clients of the tables: `npm run bench -- own open`.

import { launch, open, visit } from './browser.js'

/** How often each form is loaded by a new browser. */
const OPENINGS = 11
const NAMES = ['bare', 'homing', 'homing-wasm', 'partysocket', 'rews']

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
const shuffled = (list) =>
  list
    .map((it) => [Math.random(), it])
    .sort(([a], [b]) => a - b)
    .map(([, it]) => it)
const show = (names, text) => names.map((name) => `${name} ${text(name)}`).join('  ')

/** Measures the client's own part of a message with synthetic events. */
export async function own(browser, site, { rounds }) {
  // This wrapper supports only the browser's class.
  const names = NAMES.filter((name) => name !== 'rews')
  const own = { receive: {}, send: {} }
  const pages = new Map()
  try {
    for (const name of names) pages.set(name, await open(browser, site.url(1, 'npm', name)))
    for (let round = -2; round < rounds; round++) {
      for (const name of shuffled(names)) {
        await pages.get(name).call('prepare', null, '')
        const [receive, send] = await pages.get(name).call('own', 20_000)
        if (round < 0) continue
        ;(own.receive[name] ??= []).push(receive)
        ;(own.send[name] ??= []).push(send)
      }
    }
  } finally {
    for (const { page } of pages.values()) await page.close()
  }
  // The minimum, since this is elapsed time, which other load on the machine increases.
  console.log('  own part in ns, with synthetic events and a stub, over the bare listener or call:')
  for (const [what, figures] of Object.entries(own)) {
    const least = (name) => Math.min(...figures[name])
    const over = (name) => (least(name) - least('bare')).toFixed(0)
    console.log(`  ${what.padEnd(20)} ${show(names.slice(1), over)}  (${least('bare').toFixed(0)})`)
  }
}

/** Measures the milliseconds from `new` to open: of a browser's first page, of a later page, and of later sockets of a page. */
export async function opening(browser, site, server) {
  const times = { cold: {}, cached: {}, loaded: {} }
  const note = (list, name, figure) => (list[name] ??= []).push(figure)
  for (let round = 0; round < OPENINGS; round++) {
    for (const [at, name] of shuffled([...NAMES.entries()])) {
      const page = await launch(browser)
      try {
        for (const kind of ['cold', 'cached']) {
          const call = await visit(page, site.url(11 + at, 'npm', name))
          note(times[kind], name, await call('open', server))
          if (kind === 'cached') for (let i = 0; i < 3; i++) note(times.loaded, name, await call('open', server))
          // Leaves the page, so that the next one is a new page.
          await page.go('about:blank')
        }
      } finally {
        await page.close()
      }
    }
  }
  console.log('  milliseconds from new to open')
  for (const [kind, of] of Object.entries(times)) {
    console.log(`  ${kind.padEnd(20)} ${show(NAMES, (name) => median(of[name]).toFixed(1))}`)
  }
}
