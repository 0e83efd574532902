// Runs cases in the page, one after another, each with its own root and its own path of the server.

import { createRoot } from 'react-dom/client'

const cases = []

export function test(name, run) {
  cases.push({ name, run })
}

export function equal(actual, expected) {
  const [is, shall] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== shall) throw new Error(`${is} instead of ${shall}`)
}

/** Waits until a value is as expected. */
export async function becomes(look, expected, millis = 30_000) {
  for (const giveUp = performance.now() + millis; ; ) {
    const is = JSON.stringify(await look())
    if (is === JSON.stringify(expected)) return
    if (performance.now() > giveUp) throw new Error(`${is} instead of ${JSON.stringify(expected)} for ${millis} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

class Case {
  #element = document.body.appendChild(document.createElement('div'))
  #failures = []
  #root = createRoot(this.#element, { onUncaughtError: (error) => this.#failures.push(error) })

  constructor(path) {
    this.path = path
  }

  url = (more = '') => `${new URL(location.href).searchParams.get('server')}${this.path}${more}`
  journal = (more = '') => globalThis.journal(this.path + more)
  open = (more = '') => globalThis.open(this.path + more)
  text = () => this.#element.textContent
  render = (element) => this.#root.render(element)
  unmount = () => this.#root.unmount()
}

export async function run() {
  const results = []
  for (const { name, run } of cases) {
    const t = new Case(name.replace(/\W+/g, '-'))
    let error
    try {
      await run(t)
      t.unmount()
      await becomes(t.open, 0)
    } catch (thrown) {
      t.unmount()
      error = `${thrown?.stack ?? thrown}`
    }
    results.push({ name, error })
  }
  globalThis.result = results
}
