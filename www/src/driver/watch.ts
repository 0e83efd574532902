// Observes the page for the client, and the signal that closes it.

import { Input, Page } from '../machine/codes.js'
import type { Engine } from '../machine/engine.js'
import type { Settings } from '../options.js'
import { HIDDEN, isHidden, observePage, type PageChange, type PageObserver, unobservePage } from '../platform/page.js'

export class Watch implements PageObserver {
  readonly #settings: Settings
  readonly #engine: Engine
  readonly #client: { close(code: number): void }
  #abort: (() => void) | undefined

  /** `client` is closed when the signal is aborted. */
  constructor(settings: Settings, engine: Engine, client: { close(code: number): void }) {
    this.#settings = settings
    this.#engine = engine
    this.#client = client
  }

  start(): void {
    const { signal, heartbeat, isPlain, pauseWhileHidden } = this.#settings
    signal?.addEventListener('abort', (this.#abort ??= () => this.#client.close(1000)))
    if (isPlain) return
    observePage(this)
    if (heartbeat?.inWorker) this.#engine.keepAwake()
    if (pauseWhileHidden && isHidden()) {
      this.#engine.input(Input.Page, Page.Frozen)
      this.#engine.schedule()
    }
  }

  stop(): void {
    unobservePage(this)
    if (this.#abort) this.#settings.signal!.removeEventListener('abort', this.#abort)
  }

  page(change: PageChange): void {
    if (this.#settings.pauseWhileHidden) {
      if (change === Page.Visible) change = Page.Thawed
      else if (change === HIDDEN || isHidden()) change = Page.Frozen
    }
    if (change !== HIDDEN) this.#engine.page(change)
  }
}
