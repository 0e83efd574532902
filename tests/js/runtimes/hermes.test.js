// The package in Hermes, React Native's engine: bundled by Metro, with React Native's `WebSocket` class.
//
// This process replaces the native side of React Native, modelled after that of Android (OkHttp): `close` while connecting has no
// effect and the socket opens afterwards, bytes are base64, and a broken connection is `websocketFailed`. Not tested are the real
// native sides and the timers of an app in the background.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import WebSocket from 'ws'
import { node, tool } from '../bundlers/support/lab.js'
import { report, staged } from './support.js'

const PROGRAM = { linux: 'linux64-bin/hermes', darwin: 'osx-bin/hermes' }[process.platform]

/** Globals of React Native's native side, without native modules. */
const SETUP = [
  'var global = globalThis, nativeModuleProxy = {}',
  'console = { log: print, warn: print, error: print }',
  'performance = { now: function () { return Date.now() } }',
].join(', ')

/** The native module `WebSocketModule`. */
function webSockets(emit) {
  const open = new Map()
  return {
    connect(url, protocols, { headers }, id) {
      const socket = new WebSocket(url, protocols ?? [], { headers })
      let isOver = false
      const end = (type, more) => {
        if (!isOver) emit(type, { id, ...more })
        isOver = true
      }
      socket.on('open', () => {
        open.set(id, socket)
        emit('websocketOpen', { id, protocol: socket.protocol })
      })
      socket.on('message', (data, isBinary) => {
        emit('websocketMessage', { id, type: isBinary ? 'binary' : 'text', data: data.toString(isBinary ? 'base64' : 'utf8') })
      })
      socket.on('error', ({ message }) => end('websocketFailed', { message }))
      socket.on('close', (code, reason) => {
        if (code === 1006) end('websocketFailed', { message: 'reset' })
        else end('websocketClosed', { code, reason: `${reason}` })
      })
    },
    send: (text, id) => open.get(id)?.send(text),
    sendBinary: (base64, id) => open.get(id)?.send(Buffer.from(base64, 'base64')),
    close(code, reason, id) {
      open.get(id)?.close(code, reason)
      open.delete(id)
    },
    end: () => open.forEach((socket) => socket.terminate()),
  }
}

/** Runs a script in Hermes until it reports its result. */
async function hermes(script, control) {
  const program = tool(`hermes-engine-cli/${PROGRAM}`)
  chmodSync(program, 0o755)
  // Hermes evaluates each line of its input, and then runs microtasks.
  const child = spawn(program, ['-Xes6-promise', '-Xmicrotask-queue'], { stdio: ['pipe', 'pipe', 'inherit'] })
  // Timers may fire after Hermes has ended.
  child.stdin.on('error', () => {})
  const give = (...message) => child.stdin.write(`__host(${message.map((value) => JSON.stringify(value)).join(',')})\n`)
  const calls = {
    ...webSockets(give),
    timer: (id, millis) => setTimeout(() => give('timer', id), millis).unref(),
    async ask(id, path) {
      const response = await fetch(control + path)
      give('answer', id, response.ok, await response.text())
    },
  }
  child.stdin.write(`${SETUP}\n(0, eval)(${JSON.stringify(script)})\n`)
  const others = []
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const start = line.indexOf('@@')
      if (start < 0) {
        others.push(line)
        if (line.includes('Uncaught ')) break
      } else {
        const [name, ...args] = JSON.parse(line.slice(start + 2))
        if (name === 'done') return args[0]
        calls[name](...args)
      }
    }
    throw new Error(`Hermes ended without a result:\n${others.join('\n').slice(-5000)}`)
  } finally {
    calls.end()
    child.kill()
  }
}

if (!PROGRAM) {
  test('Hermes', () => console.log(`SKIPPED: no Hermes for ${process.platform}`))
} else {
  const found = await staged(async (dir, control) => {
    await node([join(dir, 'runtimes/hermes/metro.js'), dir, tool('..')], { cwd: dir })
    return hermes(readFileSync(join(dir, 'app.js'), 'utf8'), control)
  })
  test('Hermes ran', () => assert.equal(found.error, undefined))
  test('homing/wasm is the same class, required or imported', () => assert.ok(found.isOne))
  report('Hermes', found.results ?? [])
}
