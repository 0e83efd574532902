// What a test function gets.

/**
 * Properties of every context, which whatever starts the tests sets: `control`, the address of the test server's remote control,
 * or a function `ask` in its place, and more in some environments, such as `page` for tests that drive a browser.
 */
export const environment = {}

/** What a test gets: servers of its own, and things that end with it. */
export class Context {
  #runnable
  #ends = []

  /** `runnable` is what the runner passes to a test as `this`. */
  constructor(runnable) {
    this.#runnable = runnable
    Object.assign(this, environment)
  }

  /** Ends the test as skipped. */
  skip(reason) {
    this.#runnable.test.reason = reason
    this.#runnable.skip()
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
      // In place of the runner's own listeners, which let the test fail.
      const others = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.on('uncaughtException', take)
      this.onEnd(() => {
        process.off('uncaughtException', take)
        others.forEach((listener) => process.on('uncaughtException', listener))
      })
    } else {
      const listener = (event) => {
        event.preventDefault()
        take(event.error)
      }
      // In place of the runner's own listener.
      const { onerror } = globalThis
      globalThis.onerror = null
      addEventListener('error', listener)
      this.onEnd(() => {
        removeEventListener('error', listener)
        globalThis.onerror = onerror
      })
    }
  }

  /** What the test server's remote control answers. */
  async ask(path) {
    const response = await fetch(this.control + path)
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
        return text
          .split('\n')
          .filter(Boolean)
          .map((line) => {
            const [, , kind, ...fields] = line.split('\t')
            return [kind, ...fields.map(unhex)]
          })
      },
    }
  }

  /** Runs what the test has registered by `onEnd`, the last one first. */
  async end() {
    for (const end of this.#ends.splice(0).reverse()) await end()
  }
}

function unhex(hex) {
  // Not every environment has the decoder.
  if (typeof TextDecoder !== 'function') return decodeURIComponent(hex.replace(/../g, '%$&'))
  const bytes = (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
