// The log of the client's events, newest first.

import { bytes, plural } from './format.js'

const KEPT = 200

/** The kind of a line: an event of the client, or `you` for a button. */
export type Kind = 'open' | 'message' | 'error' | 'close' | 'reconnecting' | 'connecting' | 'end' | 'drain' | 'you'

export class Log {
  readonly #list: HTMLElement
  readonly #started = performance.now()
  /** Lines that are not in the page yet. */
  #fresh: HTMLElement[] = []
  /** The number of messages since the last line of another kind. */
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

  /** Adds received messages. They share a line until a line of another kind follows. */
  messages(more: number, size: number): void {
    if (more === 0) return
    this.#messages += more
    this.#bytes += size
    this.#shared ??= this.#line('message')
    this.#shared.textContent = `${plural(this.#messages, 'message')}, ${bytes(this.#bytes)}`
  }

  /** Adds a line. Returns the element for its text. */
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

  /** Inserts the new lines into the page. */
  flush(): void {
    if (this.#fresh.length === 0) return
    this.#list.prepend(...this.#fresh.reverse())
    this.#fresh = []
    while (this.#list.childElementCount > KEPT) this.#list.lastElementChild!.remove()
  }
}
