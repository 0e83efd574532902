// The driver's side of the listeners.

/** Called before the program's listeners, and after those of the events `open` and `close`. */
export interface Observer {
  /** Whether `open` is not dispatched by the platform's sockets, but by the driver, after the set-up. */
  readonly dispatchesOpen: boolean
  opened(): void
  /** All listeners of the open event have been called. */
  openSeen(): void
  /** Returns whether a message is delivered to the program's listeners. */
  admit(event: MessageEvent): boolean
  errored(): void
  closed(event: CloseEvent): void
  /** All listeners of the close event have been called. */
  closeSeen(): void
}
