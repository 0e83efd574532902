// The set-up of a connection (S27): runs the program's function, and holds the messages that it has not taken.

import { Inbox } from '../events/inbox.js'
import { isSetupError } from '../setup-error.js'
import type { Session, SetupFunction } from '../types.js'
import type { Attempt } from './attempt.js'

/** How a set-up ended; the numbers are those of `Input.SetUp`. */
export const enum Result {
  Done,
  Failed,
  Fatal,
}

export class Setup {
  readonly #attempt: Attempt
  readonly #controller = new AbortController()
  readonly inbox = new Inbox<MessageEvent>()
  /** It has ended without a failure. */
  isDone = false

  /** Calls `run`, and `done` with the result, unless the attempt ends before. */
  constructor(run: SetupFunction, attempt: Attempt, done: (result: Result) => void) {
    this.#attempt = attempt
    attempt.setup = this
    const { inbox } = this
    const { signal } = this.#controller
    const check = (): void => {
      if (inbox.isOver) throw new DOMException('homing: the session has ended', 'InvalidStateError')
    }
    const next = async (): Promise<unknown> => {
      check()
      const { value } = await inbox.next()
      if (!value) check()
      return value!.data
    }
    const receive = (): Promise<unknown> => {
      const data = next()
      // If the set-up does not wait for it any more, that is no unhandled rejection.
      data.catch(() => {})
      return data
    }
    const start = async (): Promise<unknown> => {
      const { protocol, extensions } = attempt.socket!
      const session: Session = {
        protocol,
        extensions,
        send: (data) => {
          check()
          attempt.send(data)
        },
        receive,
        async *[Symbol.asyncIterator]() {
          for (;;) yield await receive()
        },
      }
      return run(session, { signal })
    }
    start().then(
      () => {
        if (inbox.isOver) return
        inbox.finish()
        this.isDone = true
        done(Result.Done)
      },
      (error: unknown) => {
        if (inbox.isOver) return
        this.end()
        attempt.explain('the set-up failed', error)
        const isChosen = isSetupError(error)
        if (isChosen) attempt.closeArguments = [error.code, error.reason]
        done(isChosen && error.fatal ? Result.Fatal : Result.Failed)
      },
    )
  }

  /** Ends the session and the attempt, unless the set-up is done. */
  end(): void {
    if (this.inbox.isOver) return
    this.inbox.finish()
    this.#attempt.closeArguments = [1000]
    this.#controller.abort()
  }
}
