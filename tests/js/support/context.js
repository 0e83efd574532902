// The argument of a test function.

/**
 * Properties of every context, set by the program that starts the tests: `control`, the address of the test server's remote
 * control, or a function `ask` in its place, and others in some environments, such as `page` for tests that control a browser.
 */
export const environment = {}

/** Gives a test its own servers, and cleans up after it. */
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

  /** Registers a function to call after the test. */
  onEnd(end) {
    this.#ends.push(end)
  }

  /** Calls `take` with uncaught and reported exceptions; in a process the latter are those on the console. */
  catchReports(take) {
    if (typeof process === 'object') {
      const { error } = console
      console.error = take
      this.onEnd(() => (console.error = error))
      // In place of the runner's listeners, which would fail the test.
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
      // In place of the runner's listener, which would fail the test.
      const { onerror } = globalThis
      globalThis.onerror = null
      addEventListener('error', listener)
      this.onEnd(() => {
        removeEventListener('error', listener)
        globalThis.onerror = onerror
      })
    }
  }

  /** Returns the answer of the test server's remote control. */
  async ask(path) {
    const response = await fetch(this.control + path)
    const body = await response.text()
    if (!response.ok) throw new Error(`${path}: ${body}`)
    return body
  }

  /** Starts a server for this test. */
  async server() {
    const ask = (path) => this.ask(path)
    const port = await ask('/start')
    this.onEnd(() => ask(`/${port}/end`).catch(() => {}))
    return {
      port,
      url: (path) => `ws://127.0.0.1:${port}${path}`,
      command: (command) => ask(`/${port}/${command}`),
      /** Returns what has happened, as `[kind, ...fields]`. */
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

  /** Calls the functions passed to `onEnd`, the last one first. */
  async end() {
    for (const end of this.#ends.splice(0).reverse()) await end()
  }
}

function unhex(hex) {
  // Not all environments have a `TextDecoder`.
  if (typeof TextDecoder !== 'function') return decodeURIComponent(hex.replace(/../g, '%$&'))
  const bytes = (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
