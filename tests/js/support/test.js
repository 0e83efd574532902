// Tests that run in pages and in Node alike. Nothing here knows which.

const tests = []

/** Adds a test. `run` gets a `Context`. */
export function test(name, run) {
  tests.push({ name, run })
}

export const all = () => tests

export class Skip extends Error {}

export function skip(reason) {
  throw new Skip(reason)
}

const show = (value) => {
  try {
    return JSON.stringify(value, (_, inner) => (inner === undefined ? 'undefined' : typeof inner === 'bigint' ? `${inner}n` : inner))
  } catch {
    return String(value)
  }
}

export function ok(value, why = 'not true') {
  if (!value) throw new Error(`${why}: ${show(value)}`)
}

export function equal(actual, expected, why = '') {
  const same = Object.is(actual, expected) || (typeof expected === 'object' && show(actual) === show(expected))
  if (!same) throw new Error(`${why ? `${why}: ` : ''}${show(actual)} instead of ${show(expected)}`)
}

export async function rejects(promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('did not reject')
}

export function throws(act, name) {
  try {
    act()
  } catch (error) {
    if (name) equal(error.name, name)
    return error
  }
  throw new Error('did not throw')
}

/** The next event of a type. */
export function next(target, type, millis = 30_000) {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`no ${type} within ${millis} ms`)), millis)
    target.addEventListener(type, (event) => {
      clearTimeout(timeout)
      resolve(event)
    }, { once: true })
  })
}

/** Waits until something is so. */
export async function until(condition, millis = 30_000) {
  for (const giveUp = Date.now() + millis; ; ) {
    const value = await condition()
    if (value) return value
    if (Date.now() > giveUp) throw new Error(`not within ${millis} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What a test gets: servers of its own, and things that end with it. */
export class Context {
  #control
  #ends = []

  constructor(control) {
    this.#control = control
  }

  onEnd(end) {
    this.#ends.push(end)
  }

  /** Takes the exceptions that nothing caught, and those that are reported: in a process, on the console. */
  catchReports(take) {
    if (typeof process === 'object') {
      const { error } = console
      console.error = take
      this.onEnd(() => (console.error = error))
      process.on('uncaughtException', take)
      this.onEnd(() => process.off('uncaughtException', take))
    } else {
      const listener = (event) => {
        event.preventDefault()
        take(event.error)
      }
      addEventListener('error', listener)
      this.onEnd(() => removeEventListener('error', listener))
    }
  }

  /** What the test server's remote control answers. */
  async ask(path) {
    const response = await fetch(this.#control + path)
    const body = await response.text()
    if (!response.ok) throw new Error(`${path}: ${body}`)
    return body
  }

  async server() {
    const ask = (path) => this.ask(path)
    const port = await ask('/start')
    this.onEnd(() => ask(`/${port}/end`).catch(() => {}))
    return {
      port,
      url: (path) => `ws://127.0.0.1:${port}${path}`,
      command: (command) => ask(`/${port}/${command}`),
      /** What happened, as `[kind, ...fields]`. */
      journal: async () => {
        const text = await ask(`/${port}/journal`)
        return text.split('\n').filter(Boolean).map((line) => {
          const [, , kind, ...fields] = line.split('\t')
          return [kind, ...fields.map(unhex)]
        })
      },
    }
  }

  async finish() {
    for (const end of this.#ends.reverse()) await end()
  }
}

function unhex(hex) {
  // Not every environment has the decoder.
  if (typeof TextDecoder !== 'function') return decodeURIComponent(hex.replace(/../g, '%$&'))
  const bytes = (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/** Runs one test; what went wrong, if anything. `means` are what else the context has. */
export async function attempt({ run }, control, means = {}, millis = 90_000) {
  const context = Object.assign(new Context(control), means)
  let timeout
  try {
    const late = new Promise((_, reject) => {
      timeout = setTimeout(() => reject(new Error(`not done after ${millis} ms`)), millis)
    })
    await Promise.race([run(context), late])
    return { verdict: 'passed' }
  } catch (error) {
    if (error instanceof Skip) return { verdict: 'skipped', why: error.message }
    return { verdict: 'failed', why: `${error?.stack ?? error}`.includes(error?.message) ? error.stack : `${error}\n${error?.stack}` }
  } finally {
    clearTimeout(timeout)
    await context.finish()
  }
}
