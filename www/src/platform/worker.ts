// A timer in a worker, where tabs in the background are not slowed down (S19): one worker per page.
//
// It only adds wake-ups: the page's own timeouts are set as well, so nothing is lost where the worker fails.

/** Takes `[client, delay]`, a negative delay for none, and sends the client's number back when it has passed. */
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

  /** Wakes the client in so many milliseconds; a negative number unsets it. */
  arm(delay: number): void {
    worker?.postMessage([this.#client, delay])
  }

  release(): void {
    this.arm(-1)
    clients.delete(this.#client)
    if (clients.size > 0) return
    worker?.terminate()
    worker = undefined
    // Deno throws where there is none.
    if (url) URL.revokeObjectURL(url)
  }
}

function start(): Worker | undefined {
  // Not in Node and Deno, which slow no timers down and have none of these workers.
  if (typeof Worker !== 'function' || 'Deno' in globalThis) return undefined
  try {
    url = URL.createObjectURL(new Blob([SCRIPT], { type: 'text/javascript' }))
    const started = new Worker(url)
    started.onmessage = ({ data }) => clients.get(data)?.()
    // Some browsers report only later that the policy forbids it.
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
    'homing: heartbeat.inWorker needs a worker, which is not allowed here (worker-src blob:); a page in the background will be slowed down',
  )
}
