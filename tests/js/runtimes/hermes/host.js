// React Native's native side for JavaScript. Hermes itself has no network and no timers: the process that has started it provides
// both. Calls are printed as lines, and their results are passed to `__host`.

const call = (...message) => print(`@@${JSON.stringify(message)}`)

let count = 0
const timers = new Map()
const answers = new Map()
const listeners = new Map()

globalThis.setTimeout = (act, millis = 0, ...args) => {
  timers.set(++count, () => act(...args))
  call('timer', count, millis)
  return count
}
globalThis.clearTimeout = (id) => timers.delete(id)

globalThis.__host = (type, ...args) => {
  if (type === 'timer') {
    const act = timers.get(args[0])
    timers.delete(args[0])
    act?.()
  } else if (type === 'answer') {
    const [id, isGood, body] = args
    const { resolve, reject } = answers.get(id)
    answers.delete(id)
    if (isGood) resolve(body)
    else reject(new Error(body))
  } else {
    listeners.get(type)?.forEach((listener) => listener(args[0]))
  }
}

/** Returns the answer of the test server's remote control. */
export function ask(path) {
  call('ask', ++count, path)
  return new Promise((resolve, reject) => answers.set(count, { resolve, reject }))
}

export const done = (found) => call('done', found)

export const NativeWebSocketModule = {
  connect: (...args) => call('connect', ...args),
  send: (...args) => call('send', ...args),
  sendBinary: (...args) => call('sendBinary', ...args),
  close: (...args) => call('close', ...args),
}

export class NativeEventEmitter {
  addListener(type, listener) {
    if (!listeners.has(type)) listeners.set(type, new Set())
    listeners.get(type).add(listener)
    return { remove: () => listeners.get(type).delete(listener) }
  }
}

export class Blob {}
// Apps may be built without it.
export const BlobManager = { isAvailable: false }
export const Platform = { OS: 'android' }
