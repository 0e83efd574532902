// A page with one client, or with the browser's own class, that records events: `?url=...&class=...&options=...`.

import { HomingSocket, log } from '../support/homing.js'

const parameters = new URLSearchParams(location.search)
const url = parameters.get('url')
const options = JSON.parse(parameters.get('options') ?? '{}')

// The first `pageshow` of the page is not recorded.
if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('pageshow', resolve, { once: true }))

const notes = []
/** The notes of the page before, if this one was loaded again. */
const before = JSON.parse(sessionStorage.getItem('notes') ?? '[]')
for (const type of ['pagehide', 'pageshow']) {
  addEventListener(type, ({ persisted }) => {
    notes.push(`${type} ${persisted ? 'cached' : 'anew'}`)
    sessionStorage.setItem('notes', JSON.stringify(notes))
  })
}
for (const type of ['offline', 'online']) addEventListener(type, () => notes.push(type))

const warnings = []
const { warn } = console
console.warn = (...words) => {
  warnings.push(words.join(' '))
  warn.apply(console, words)
}

let socket, thrown
if (parameters.get('class') === 'native') {
  socket = new WebSocket(url)
  log(socket, notes)
} else if (url) {
  try {
    socket = new HomingSocket(url, undefined, options)
    log(socket, notes)
  } catch (error) {
    thrown = error.name
  }
}
/** The errors of error events that have one. */
const errors = []
socket?.addEventListener('error', ({ error }) => error && errors.push(error.message))
globalThis.seen = { before, errors, notes, socket, thrown, warnings }
/** Creates another client like the first one. */
seen.again = () => {
  seen.another = new HomingSocket(url, undefined, options)
}
