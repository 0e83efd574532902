// A page whose clients a test controls through `globalThis.crowd`: `?client=(index|wasm|rust)`. With `&url=` it has one from the start,
// whose events are kept in `sessionStorage.kept` however often the page is loaded.

import { counted } from './counted.js'

const { Crowd } = await import('./crowd.js')
if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('pageshow', resolve, { once: true }))

/** What happened to the page itself. */
const transitions = []
for (const type of ['pagehide', 'pageshow']) addEventListener(type, ({ persisted }) => transitions.push([type, persisted]))
for (const type of ['freeze', 'resume']) document.addEventListener(type, () => transitions.push([type]))

globalThis.crowd = new Crowd()
Object.assign(globalThis, { counted, transitions })

const url = new URLSearchParams(location.search).get('url')
if (url) {
  crowd.onEvent = (_, kind) => (sessionStorage.kept = `${sessionStorage.kept ?? ''}${kind} `)
  crowd.add(1, url)
}
