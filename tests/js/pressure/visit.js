// Opens the page with clients in a browser, and measures the browser.

import { readdirSync, readFileSync } from 'node:fs'
import { fileServer } from '../support/server.js'
import { until } from '../support/wait.js'

/** The client under test: an entry of the npm package, or `rust`, whose module is in the directory HOMING_PAGES. */
export const CLIENT = process.env.HOMING_PAGES ? 'rust' : (process.env.HOMING_ENTRY ?? 'index')

/** Whether the long forms run, as `cargo xtask pressure` wants. */
export const isLong = !!process.env.HOMING_PRESSURE

/** Serves the page. Returns the address of a file beside it. */
export async function serve(t) {
  const mounts = { '/tests/js/pressure/pkg/': process.env.HOMING_PAGES ?? 'none' }
  const files = await fileServer({}, { mounts, headers: { 'cache-control': 'max-age=60' } })
  t.onEnd(files.end)
  return (path) => new URL(path, `${files.url}/tests/js/pressure/`).href
}

/** Opens the page in the browser `page`. */
export async function visit(t, page = t.page) {
  const address = await serve(t)
  const visit = new Visit(page, address(`page.html?client=${CLIENT}`), address('../driven/away.html'))
  await visit.load()
  t.onEnd(() => page.script('globalThis.crowd?.end()').catch(() => {}))
  return visit
}

class Visit {
  constructor(page, url, elsewhere) {
    Object.assign(this, { page, url, elsewhere })
  }

  async load() {
    await this.page.go(this.url)
    await this.loaded()
  }

  loaded = () => until(() => this.page.script('return !!globalThis.crowd'))

  add = (count, url, options = {}) => this.page.script('crowd.add(...arguments)', count, url, options)
  seen = () => this.page.script('return crowd.seen()')
  each = (act) => this.page.script(`crowd.each((client, number) => client.${act})`)

  /** Waits until what the page has seen meets a condition, and returns it. `look` returns what it has seen. */
  async until(condition, millis, look = this.seen) {
    let seen
    return until(async () => condition((seen = await look())) && seen, millis).catch((error) => {
      const { dialled, first, notes, ...others } = seen ?? {}
      throw new Error(`${error.message}: ${JSON.stringify({ ...others, notes: notes?.slice(-20) })}`)
    })
  }

  /** Waits until this many clients are in a state. */
  state = (state, count, millis) => this.until(({ states }) => (states[state] ?? 0) === count, millis)

  /** Collects what nothing refers to any more. Returns whether the browser has a command for it. */
  async collect() {
    const { page } = this
    if (page.devtools) {
      await page.devtools('HeapProfiler.enable')
      await page.devtools('HeapProfiler.collectGarbage')
    } else if (page.privileged) {
      await page.privileged(`
        for (const request of ['gc', 'cc', 'gc', 'cc']) Services.obs.notifyObservers(null, 'child-' + request + '-request')
        arguments[0]()`)
    } else return false
    // Finalizers run in tasks of their own.
    await page.async('crowd.after(200).then(arguments[0])')
    return true
  }

  /** As `until`, and collects each time before it looks: what becomes unreachable later is collected as well. */
  collected(condition) {
    return this.until(condition, undefined, async () => {
      await this.collect()
      return this.seen()
    })
  }

  /** Begins to sample what `heap` returns, in Chromium. */
  sampleHeap = () => this.page.devtools('HeapProfiler.startSampling', { samplingInterval: 256 })

  /**
   * Returns about how many bytes of JavaScript's heap were allocated since `sampleHeap` and are still there, and how many listeners
   * there are. The scripts of the driver, which have no address, leave more the longer they wait.
   */
  async heap() {
    const { profile } = await this.page.devtools('HeapProfiler.getSamplingProfile')
    const isDriver = ({ functionName, url }) => !functionName && !url
    const sizeOf = ({ callFrame, selfSize, children }) =>
      isDriver(callFrame) ? 0 : children.reduce((sum, child) => sum + sizeOf(child), selfSize)
    const heap = sizeOf(profile.head)
    const { jsEventListeners: listeners } = await this.page.devtools('Memory.getDOMCounters')
    return { heap, listeners }
  }

  /** Returns the bytes that the browser's processes have in memory for themselves, on Linux. */
  resident = () => descendants(this.page.pid).reduce((sum, pid) => sum + anonymous(pid), 0)
}

/** Returns the processes that a process has started, and those that they have started. */
export function descendants(pid) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [+name, parentOf(name)])
  const found = [pid]
  for (const ancestor of found) found.push(...parents.filter(([, parent]) => parent === ancestor).map(([child]) => child))
  return found.slice(1)
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // It has ended.
    return ''
  }
}

// After the name, which is in parentheses and may contain any character.
const parentOf = (pid) => +read(pid, 'stat').split(') ').at(-1).split(' ')[1]

const anonymous = (pid) => 1024 * +(/^RssAnon:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0)
