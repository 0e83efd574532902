// Compares the package in pages with the browser's class and two wrappers: `npm run bench -- [chromium|firefox]
// [WORD...]`; a WORD chooses scenarios.
//
// Each class has its own browser with one page, which is warmed up and whose garbage is collected before each measurement. Rounds
// are interleaved in random order on connections that stay open. Each figure is a ratio to the browser's class in the same round,
// and the medians are printed.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import * as chromium from '../../tests/browsers/chromium.mjs'
import * as firefox from '../../tests/browsers/firefox.mjs'
import { files } from './files.js'

const ROUNDS = Number(process.env.ROUNDS ?? 40)
/** How often each form is loaded by a new browser. */
const OPENINGS = 11
/** How often all browsers are restarted, since the speed of a process depends on its memory layout. */
const GENERATIONS = Number(process.env.GENERATIONS ?? 3)
const NAMES = ['bare', 'homing', 'wasm', 'partysocket', 'rews']
const LAUNCH = { chromium: chromium.launch, firefox: firefox.launch }
const PLACES = Object.keys(LAUNCH)

const words = process.argv.slice(2)
const places = words.filter((word) => PLACES.includes(word))
const wanted = words.filter((word) => !PLACES.includes(word))
const isWanted = (name) => wanted.length === 0 || wanted.some((word) => name.includes(word))

const SETTINGS = {
  // Pages are not kept in the back/forward cache.
  args: ['--js-flags=--expose-gc', '--disable-features=BackForwardCache'],
  prefs: { 'browser.sessionhistory.max_total_viewers': 0 },
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
/** Returns the error of the median, from the middle half of the numbers, since there are outliers. */
const error = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))]
  return (1.2533 * 0.7413 * (at(0.75) - at(0.25))) / Math.sqrt(numbers.length)
}
const shuffled = (list) =>
  list
    .map((it) => [Math.random(), it])
    .sort(([a], [b]) => a - b)
    .map(([, it]) => it)
const show = (names, text) => names.map((name) => `${name} ${text(name)}`).join('  ')

/** Opens the page of one class. Returns a function that calls a function in the page. */
async function visit(page, url) {
  await page.go(url)
  for (const giveUp = Date.now() + 20_000; !(await page.run(`location.href === args[0] && !!window.bench`, url)); ) {
    if (Date.now() > giveUp) throw new Error(`the page does not start: ${await page.run('window.wrong')}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return (what, ...args) => {
    const late = `new Promise((_, reject) => setTimeout(() => reject(new Error('not done after a minute')), 60_000))`
    return page.run(`await Promise.race([bench[args[0]](...args.slice(1)), ${late}])`, what, ...args)
  }
}

/** Calls `act` with a browser and its page for each class, by the name of the class. */
async function withPages(place, site, names, act) {
  const pages = new Map()
  try {
    for (const name of names) {
      const at = { page: await LAUNCH[place](SETTINGS), idle: 0 }
      pages.set(name, at)
      at.call = await visit(at.page, site.url(1, name))
      at.spent = await at.page.cpu()
      const idle = []
      for (let i = 0; i < 7; i++) idle.push(await cpu(at, null))
      at.idle = median(idle)
    }
    await act(pages)
  } finally {
    for (const { page } of pages.values()) await page.close()
  }
}

/** Measures the microseconds of CPU per message, of the page's thread (Chromium) or process (Firefox), without the overhead. */
async function cpu({ call, idle, spent }, scenario, server) {
  await call('prepare', scenario, server)
  const before = await spent()
  const messages = await call('run')
  return ((await spent()) - before - idle) / messages
}

async function scenarios(place, site, server, all) {
  const table = new Map()
  for (let generation = 0; generation < GENERATIONS; generation++) {
    await withPages(place, site, NAMES, async (pages) => {
      for (const scenario of all) {
        const rounds = table.get(scenario) ?? []
        table.set(scenario, rounds)
        // The first two rounds warm up the compilers.
        for (let round = -2; round < ROUNDS; round++) {
          const figures = {}
          for (const name of shuffled(NAMES)) figures[name] = await cpu(pages.get(name), scenario, server)
          if (round >= 0) rounds.push(figures)
        }
      }
    })
  }
  console.log(
    '  page CPU per message, ratio to the browser’s class: the median of rounds and its standard error (microseconds of',
  )
  console.log('  the browser’s class)')
  for (const [scenario, rounds] of table) {
    const ratios = (name) => rounds.map((of) => of[name] / of.bare)
    const figures = show(NAMES.slice(1), (name) => `${median(ratios(name)).toFixed(3)} ±${error(ratios(name)).toFixed(3)}`)
    const bare = median(rounds.map(({ bare }) => bare))
    console.log(`  ${scenario.padEnd(20)} ${figures}  (${bare.toFixed(2)})`)
  }
}

async function own(place, site) {
  // This wrapper supports only the browser's class.
  const names = NAMES.filter((name) => name !== 'rews')
  const own = { receive: {}, send: {} }
  await withPages(place, site, names, async (pages) => {
    for (let round = -2; round < ROUNDS; round++) {
      for (const name of shuffled(names)) {
        await pages.get(name).call('prepare')
        const [receive, send] = await pages.get(name).call('own', 20_000)
        if (round < 0) continue
        ;(own.receive[name] ??= []).push(receive)
        ;(own.send[name] ??= []).push(send)
      }
    }
  })
  // The minimum, since this is elapsed time, which other load on the machine increases.
  console.log('  own part in ns, with synthetic events and a stub, over the bare listener or call:')
  for (const [what, figures] of Object.entries(own)) {
    const least = (name) => Math.min(...figures[name])
    const over = (name) => (least(name) - least('bare')).toFixed(0)
    console.log(`  ${what.padEnd(20)} ${show(names.slice(1), over)}  (${least('bare').toFixed(0)})`)
  }
}

/** Measures the milliseconds from `new` to open: of a browser's first page, of a later page, and of later sockets of a page. */
async function opening(place, site, server) {
  const times = { cold: {}, cached: {}, loaded: {} }
  const note = (list, name, figure) => (list[name] ??= []).push(figure)
  for (let round = 0; round < OPENINGS; round++) {
    for (const [at, name] of shuffled([...NAMES.entries()])) {
      const page = await LAUNCH[place](SETTINGS)
      try {
        for (const kind of ['cold', 'cached']) {
          const call = await visit(page, site.url(11 + at, name))
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

async function measure(place, site, server) {
  const all = []
  await withPages(place, site, ['bare'], async (pages) => {
    const { page } = pages.get('bare')
    console.log(`\n${page.version}`)
    all.push(...(await page.run('bench.scenarios')).filter(isWanted))
  })
  if (all.length > 0) await scenarios(place, site, server, all)
  if (isWanted('own')) await own(place, site)
  if (isWanted('open')) await opening(place, site, server)
}

const program = process.env.HOMING_TEST_SERVER
if (!program)
  throw new Error('HOMING_TEST_SERVER must name the program that `cargo build --release -p homing-test-server` builds')
const child = spawn(program, ['0'], { stdio: ['pipe', 'pipe', 'inherit'] })
const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
const site = await files()
try {
  for (const place of places.length > 0 ? places : PLACES) await measure(place, site, value.replace(/\/$/, ''))
} finally {
  site.end()
  child.stdin.end()
}
