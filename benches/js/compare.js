// Rounds of all clients of a group, interleaved: two others between each pair of runs of the first client, and the ratio to the
// neighbour counts.

import { open, Wrong } from './browser.js'

const CONNECTIONS = 200
/** How often the memory of connections is measured, each time in a new browser. */
const MEMORY_ROUNDS = 3

const quartiles = (values) => {
  const sorted = values.toSorted((one, other) => one - other)
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.round((sorted.length - 1) * share)])
}

/** Four digits. */
const short = (figure) => figure.toFixed(Math.max(3 - Math.floor(Math.log10(Math.max(Math.abs(figure), 1e-3))), 0))

const row = (...fields) => console.log(fields.join('\t'))

/** Figures of clients by case, and why others have none. */
class Table {
  #pairs = new Map()
  #own = new Map()
  #lost = new Map()

  constructor(group, first) {
    Object.assign(this, { group, first })
  }

  key = (scenario, name) => `${scenario}\t${name}`
  /** Whether a client has failed in a scenario, or its page. */
  isLost = (scenario, name) => this.#why(scenario, name) !== undefined
  #why = (scenario, name) => this.#lost.get(this.key(scenario, name)) ?? this.#lost.get(this.key('', name))

  lose(scenario, name, error) {
    if (error instanceof Wrong) throw error
    const why = error.message.replaceAll(/\s/g, ' ')
    this.#lost.set(this.key(scenario, name), why === 'unable' ? why : `failed: ${why}`)
  }

  #add(map, key, value) {
    if (!map.has(key)) map.set(key, [])
    map.get(key).push(value)
  }

  /** Notes figures by measure, and for other clients those of the neighbour. */
  note(scenario, name, figures, neighbour) {
    if (name === this.first) this.#add(this.#own, scenario, figures)
    else this.#add(this.#pairs, this.key(scenario, name), [figures, neighbour])
  }

  print(scenario, names, measures) {
    for (const measure of measures) {
      for (const name of names) {
        const key = this.key(scenario, name)
        const head = [`${this.group}-${measure}`, scenario, name]
        if (this.isLost(scenario, name)) row(...head, this.#why(scenario, name))
        else if (name === this.first) {
          row(...head, short(quartiles(this.#own.get(scenario).map((of) => of[measure]))[1]), 1, 1, 1)
        } else if (this.#pairs.has(key)) {
          const pairs = this.#pairs.get(key)
          const ratios = quartiles(pairs.map(([figures, neighbour]) => figures[measure] / neighbour[measure]))
          row(...head, short(quartiles(pairs.map(([figures]) => figures[measure]))[1]), ...ratios.map(short))
        }
      }
    }
  }
}

/** Calls `turn` with the names in the order of a round, which returns the figures of a client. */
async function round(number, [first, ...others], isLost, turn, note) {
  const names = others.filter((name) => !isLost(name))
  const turns = names.map((_, at) => names[(at + number) % names.length])
  let before = await turn(first)
  note(first, before)
  for (let at = 0; at < turns.length; at += 2) {
    const two = []
    for (const name of turns.slice(at, at + 2)) two.push([name, await turn(name)])
    const after = await turn(first)
    note(first, after)
    for (const [index, [name, figures]] of two.entries()) if (figures) note(name, figures, [before, after][index])
    before = after
  }
}

/** The CPU time of the page and the elapsed time for each operation, in nanoseconds. */
async function measure({ call, spent, idle }, scenario, server) {
  await call('prepare', scenario, server)
  const before = await spent()
  const [count, took] = await call('run')
  return { cpu: (((await spent()) - before - idle) * 1000) / count, time: (took * 1000) / count }
}

async function start(browser, url) {
  const at = { ...(await open(browser, url)), idle: 0 }
  const idle = []
  for (let left = 7; left > 0; left--) idle.push((await measure(at, null, '')).cpu / 1000)
  return { ...at, idle: quartiles(idle)[1] }
}

/** Measures all scenarios. All browsers start anew for each generation, since the speed of a process depends on its memory. */
export async function compare(browser, site, group, server, { rounds, generations, wanted }) {
  const names = Object.keys(site.clients[group]).filter((name) => wanted.client(name) && !site.clients[group][name].why)
  const table = new Table(group, names[0])
  let scenarios = []
  for (let generation = 0; generation < generations; generation++) {
    const pages = new Map()
    try {
      for (const name of names) {
        if (table.isLost('', name)) continue
        try {
          pages.set(name, await start(browser, site.url(1, group, name)))
        } catch (error) {
          table.lose('', name, error)
        }
      }
      scenarios = (await pages.get(names[0]).page.run('bench.scenarios')).filter(wanted.scenario)
      for (const scenario of scenarios) {
        const isLost = (name) => !pages.has(name) || table.isLost(scenario, name)
        const turn = (name) =>
          measure(pages.get(name), scenario, server).catch((error) => {
            // Without the first client there is nothing to compare with.
            if (name === names[0]) throw error
            table.lose(scenario, name, error)
          })
        // The first two rounds warm up the compilers, unless there is only one.
        for (let number = -Math.min(2, rounds - 1); number < rounds; number++) {
          await round(number + 2, names, isLost, turn, number < 0 ? () => {} : (...figures) => table.note(scenario, ...figures))
        }
      }
    } finally {
      for (const { page } of pages.values()) await page.close()
    }
  }
  // The elapsed time of many messages is that of the browser's processes and the server.
  const isLatency = (scenario) => scenario.startsWith('round trip') || scenario.startsWith('connect')
  for (const scenario of scenarios) table.print(scenario, names, isLatency(scenario) ? ['cpu', 'time'] : ['cpu'])
}

/** KiB of the page's heaps, and of the memory of WebAssembly. */
async function inUse({ page, call }) {
  const devtools = (method) => page.call(method, {}, page.page.sessionId)
  await devtools('HeapProfiler.collectGarbage')
  const { usedSize, embedderHeapUsedSize = 0 } = await devtools('Runtime.getHeapUsage')
  return (usedSize + embedderHeapUsedSize + (await call('memory'))) / 1024
}

/** Measures the memory of open connections, in Chromium. */
export async function memory(site, group, server, { wanted }) {
  const scenario = 'open connection'
  if (!wanted.scenario(scenario)) return
  const names = Object.keys(site.clients[group]).filter((name) => wanted.client(name) && !site.clients[group][name].why)
  const table = new Table(group, names[0])
  const turn = async (name) => {
    try {
      const at = await open('chromium', site.url(1, group, name))
      try {
        // The first connections allocate what all share.
        await at.call('hold', server, 10)
        const before = await inUse(at)
        await at.call('hold', server, CONNECTIONS)
        return { memory: ((await inUse(at)) - before) / CONNECTIONS }
      } finally {
        await at.page.close()
      }
    } catch (error) {
      if (name === names[0]) throw error
      table.lose(scenario, name, error)
    }
  }
  for (let number = 0; number < MEMORY_ROUNDS; number++) {
    await round(
      number,
      names,
      (name) => table.isLost(scenario, name),
      turn,
      (...figures) => table.note(scenario, ...figures),
    )
  }
  table.print(scenario, names, ['memory'])
}

/** Prints what is known of the clients without running them. */
export function describe(site, group) {
  for (const [name, { why, size, version }] of Object.entries(site.clients[group])) {
    if (why) row('build', group, name, 'does not build')
    else row(`${group}-size`, 'module and glue, compressed', name, size)
    if (version) row('version', name, version)
  }
}
