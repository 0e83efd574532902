// A page with one client, or with the browser's own class, that notes what it sees: `?url=...&class=...&options=...`.

import { HomingSocket, log } from '../support/homing.js'

const parameters = new URLSearchParams(location.search)
const url = parameters.get('url')
const options = JSON.parse(parameters.get('options') ?? '{}')

// The page's own beginning is not what it is to note.
if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('pageshow', resolve, { once: true }))

const notes = []
/** What the page of before saw, if this one is another. */
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
/** What failed, where that is told. */
const errors = []
socket?.addEventListener('error', ({ error }) => error && errors.push(error.message))
globalThis.seen = { before, errors, notes, socket, thrown, warnings }
/** Makes another client like the first one. */
seen.again = () => {
  seen.another = new HomingSocket(url, undefined, options)
}
