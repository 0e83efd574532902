// Counts what clients use of the platform: loaded before them.

/** Timeouts that are set, how many have fired, listeners of the page's events, workers, sockets, and when each socket was created. */
export const counted = {
  timers: new Set(),
  fired: 0,
  listeners: 0,
  workers: 0,
  blobUrls: 0,
  dialled: [],
  sent: 0,
  created: 0,
  collected: 0,
  blobs: 0,
  collectedBlobs: 0,
  /** Sockets without a close event. */
  unfinished: 0,
  /** The most timers and unfinished sockets at once. */
  peak: { timers: 0, sockets: 0 },
}

const { setTimeout, clearTimeout, WebSocket, Worker } = globalThis
/** Not counted. */
export const after = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

globalThis.setTimeout = (callback, ...rest) => {
  const timer = setTimeout(
    (...given) => {
      counted.timers.delete(timer)
      counted.fired++
      callback(...given)
    },
    ...rest,
  )
  counted.timers.add(timer)
  counted.peak.timers = Math.max(counted.peak.timers, counted.timers.size)
  return timer
}
globalThis.clearTimeout = (timer) => {
  counted.timers.delete(timer)
  clearTimeout(timer)
}

for (const target of [globalThis, globalThis.document].filter(Boolean)) {
  for (const [name, change] of [
    ['addEventListener', 1],
    ['removeEventListener', -1],
  ]) {
    const call = target[name]
    target[name] = function (...given) {
      counted.listeners += change
      return call.apply(this, given)
    }
  }
}

const blobs = new FinalizationRegistry(() => counted.collectedBlobs++)
const registry = new FinalizationRegistry(() => counted.collected++)
globalThis.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given)
    counted.dialled.push(performance.now())
    counted.created++
    registry.register(this)
    counted.peak.sockets = Math.max(counted.peak.sockets, ++counted.unfinished)
    this.addEventListener('close', () => counted.unfinished--)
    this.addEventListener('message', ({ data }) => {
      if (!(data instanceof Blob)) return
      counted.blobs++
      blobs.register(data)
    })
  }

  send(data) {
    super.send(data)
    counted.sent++
  }
}

if (Worker) {
  globalThis.Worker = class extends Worker {
    #isCounted = !!++counted.workers

    terminate() {
      if (this.#isCounted) counted.workers--
      this.#isCounted = false
      super.terminate()
    }
  }
  const { createObjectURL, revokeObjectURL } = URL
  URL.createObjectURL = (blob) => {
    counted.blobUrls++
    return createObjectURL.call(URL, blob)
  }
  URL.revokeObjectURL = (url) => {
    counted.blobUrls--
    revokeObjectURL.call(URL, url)
  }
}
