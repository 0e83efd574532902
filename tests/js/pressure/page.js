// A page whose clients a test controls through `globalThis.crowd`: `?client=(index|wasm|rust)`.

import { counted } from './counted.js'

const { Crowd } = await import('./crowd.js')
if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('pageshow', resolve, { once: true }))

/** What happened to the page itself. */
const transitions = []
for (const type of ['pagehide', 'pageshow']) addEventListener(type, ({ persisted }) => transitions.push([type, persisted]))
for (const type of ['freeze', 'resume']) document.addEventListener(type, () => transitions.push([type]))

globalThis.crowd = new Crowd()
Object.assign(globalThis, { counted, transitions })
