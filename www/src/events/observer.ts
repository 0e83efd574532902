// What listens to the platform's socket besides the page.

/** Is called before all listeners, and after those of the close event as well. */
export interface Observer {
  opened(): void
  /** Whether a message is the listeners' business. */
  admit(event: MessageEvent): boolean
  errored(): void
  closed(event: CloseEvent): void
  /** All listeners of the close event have been called. */
  closeSeen(): void
}
