// The tests of the standard with the class of a `FakeServer`, compared with the browser's class and a real server.

import { FakeServer } from '../../../dist/testing.js'
import { compare } from '../support/standard.js'

/** The test server's scripts that these tests use. */
const SCRIPTS = {
  '/echo': (connection) => connection.reply((message) => message),
  '/sink': (connection) => connection.hold(),
  '/count': () => {},
  '/stall': () => 'stall',
  '/rst': (connection, query) => (query.has('after') ? dropAfterOne(connection) : 'refuse'),
  '/drop': (connection) => dropAfterOne(connection),
  '/protocol': (connection, query) => connection.accept(query.has('answer') ? { protocol: query.get('answer') } : {}),
  '/early': send,
  '/numbered': send,
  '/close': (connection, query) =>
    query.has('code') ? connection.close(Number(query.get('code')), query.get('reason')) : connection.close(),
}

function send(connection, query) {
  for (let i = 0; i < Number(query.get('n')); i++) connection.send(`${i}`)
}

function dropAfterOne(connection) {
  connection.reply(() => void connection.drop())
}

let isStopped = false
const server = new FakeServer((connection) => {
  const { pathname, searchParams } = new URL(connection.url)
  return isStopped || !SCRIPTS[pathname] ? 'refuse' : SCRIPTS[pathname](connection, searchParams)
})

/** Replaces the server of a test; its URLs are those of the real one. */
function fake({ url }) {
  isStopped = false
  const before = server.attempts.length
  return {
    url,
    command: () => (isStopped = true),
    journal: () => {
      const frames = server.attempts.slice(before).map(({ closeReceived }) => closeReceived)
      return frames.filter(Boolean).map(({ code, reason }) => ['close', code, reason])
    },
  }
}

const SCRIPTED = 'needs events that the platform dispatches, not a script'
const APART = {
  'a connection that breaks as by /rst?after=1': 'some browsers dispatch an error event first',
  "the events are instances of the platform's classes": SCRIPTED,
  'microtasks run between listeners': SCRIPTED,
}

compare({
  name: 'fake',
  Class: server.WebSocket,
  server: fake,
  create: (...args) => new server.WebSocket(...args),
  // `isTrusted` is true only for events of the platform.
  excuse: (fact) =>
    fact
      .replace('trusted: true', 'trusted: false')
      .replace("[ 'CloseEvent', false, false, true ]", "[ 'CloseEvent', false, false, false ]"),
  followsStandard: true,
  skips: (name) => APART[name] ?? (name.startsWith('a server that breaks the protocol') && 'the fake server has no frames'),
})

for (const suite of ['constructor', 'close', 'send', 'events', 'interface']) await import(`../standard/${suite}.js`)
