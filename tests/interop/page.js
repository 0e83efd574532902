// The checks in a page: `?client=(index|wasm|rust|bare)&url=URL&secureUrl=SECURE_URL`.

import { run } from './checks.js'
import { ofNpm, ofRust } from './clients.js'

const { client, ...urls } = Object.fromEntries(new URLSearchParams(location.search))

async function creator() {
  if (client === 'bare') return ofNpm(WebSocket)
  if (client !== 'rust') return ofNpm((await import(`../../dist/${client}.js`)).HomingSocket, {})
  const { default: init, Client } = await import('./pkg/homing_pages.js')
  await init()
  return ofRust(Client)
}

const post = (path, body) => fetch(path, { method: 'POST', body })

async function checks() {
  await run({
    create: await creator(),
    ...urls,
    print: (line) => post('/print', line),
    restarted: () => post('/restarted'),
  })
}

globalThis.finished = checks()
