// Timers in a worker, which browsers do not throttle in the background (S19). All clients of a page share one worker.
//
// These timers only add wake-ups. The page's timeouts are set as well, so that nothing is lost if the worker fails.

/** Receives `[client, delay]`, with a negative delay to clear, and sends the client's number back after the delay. */
const SCRIPT =
  'const t={};onmessage=({data:[c,d]})=>{clearTimeout(t[c]);delete t[c];' +
  'if(d>=0)t[c]=setTimeout(()=>{delete t[c];postMessage(c)},d)}'

const clients = new Map<number, () => void>()
let worker: Worker | undefined
let url = ''
let count = 0
let warned = false

/** A client's use of the worker. */
export class WorkerTimer {
  readonly #client = ++count

  constructor(callback: () => void) {
    if (clients.size === 0) worker = start()
    clients.set(this.#client, callback)
  }

  /** Calls the callback after a delay in milliseconds; a negative number clears the timer. */
  arm(delay: number): void {
    worker?.postMessage([this.#client, delay])
  }

  /** Stops the timer, and the worker after the last client. */
  release(): void {
    this.arm(-1)
    clients.delete(this.#client)
    if (clients.size > 0) return
    worker?.terminate()
    worker = undefined
    // Deno throws for an empty URL.
    if (url) URL.revokeObjectURL(url)
  }
}

function start(): Worker | undefined {
  // Not in Node and Deno, which do not throttle timers and have no such workers.
  if (typeof Worker !== 'function' || 'Deno' in globalThis) return undefined
  try {
    url = URL.createObjectURL(new Blob([SCRIPT], { type: 'text/javascript' }))
    const started = new Worker(url)
    started.onmessage = ({ data }) => clients.get(data)?.()
    // Some browsers report by an event that the policy forbids the worker.
    started.onerror = warn
    return started
  } catch {
    warn()
    return undefined
  }
}

function warn(): void {
  if (warned) return
  warned = true
  console.warn(
    'homing: heartbeat.inWorker needs a worker, which is forbidden here (worker-src blob:); timers in the background are throttled',
  )
}
