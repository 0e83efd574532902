// What the client called back, newest first.

import { bytes, plural } from './format.js'

const KEPT = 200

/** What a line is about: a callback, or what a button did. */
export type Kind = 'open' | 'message' | 'error' | 'close' | 'reconnecting' | 'connecting' | 'end' | 'drain' | 'you'

export class Log {
  readonly #list: HTMLElement
  readonly #started = performance.now()
  /** Lines that are not in the page yet. */
  #fresh: HTMLElement[] = []
  /** Of all messages since the last other line. */
  #messages = 0
  #bytes = 0
  #shared: HTMLElement | undefined

  constructor(list: HTMLElement) {
    this.#list = list
  }

  add(kind: Kind, text: string): void {
    this.#messages = this.#bytes = 0
    this.#shared = undefined
    this.#line(kind).textContent = text
  }

  /** More messages arrived. They share a line until something else happens. */
  messages(more: number, size: number): void {
    if (more === 0) return
    this.#messages += more
    this.#bytes += size
    this.#shared ??= this.#line('message')
    this.#shared.textContent = `${plural(this.#messages, 'message')}, ${bytes(this.#bytes)}`
  }

  /** Where the text goes. */
  #line(kind: Kind): HTMLElement {
    const line = document.createElement('li')
    line.dataset.kind = kind
    const time = document.createElement('time')
    time.textContent = `${((performance.now() - this.#started) / 1000).toFixed(2)} s`
    const name = document.createElement('b')
    name.textContent = kind
    const text = document.createElement('span')
    line.append(time, name, text)
    this.#fresh.push(line)
    return text
  }

  /** Puts what is new into the page, all at once. */
  flush(): void {
    if (this.#fresh.length === 0) return
    this.#list.prepend(...this.#fresh.reverse())
    this.#fresh = []
    while (this.#list.childElementCount > KEPT) this.#list.lastElementChild!.remove()
  }
}
