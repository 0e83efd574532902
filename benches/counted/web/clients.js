// The clients, each with the same methods.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const URL = 'ws://127.0.0.1:1/'

/** A class of the module in this directory. */
async function inModule(directory, name) {
  const glue = await import(pathToFileURL(join(directory, 'homing_counted_web.js')))
  glue.initSync({ module: readFileSync(join(directory, 'app.wasm')) })
  return class {
    #client
    #text = true

    constructor({ interval = 0 } = {}) {
      this.#client = new glue[name](URL, interval)
    }

    static allocated() {
      return { allocations: glue.allocations(), bytes: glue.bytes_allocated() }
    }

    arrived() {
      return { messages: this.#client.messages(), bytes: this.#client.bytes() }
    }

    payload(text, isText) {
      this.#client.payload(text)
      this.#text = isText
    }

    send(count) {
      if (this.#text) this.#client.send_text(count)
      else this.#client.send_binary(count)
    }

    close() {
      this.#client.close()
    }

    free() {
      this.#client.free()
    }
  }
}

/** The class of an entry of the npm package. */
async function ofEntry(directory, name) {
  const { HomingSocket } = await import(pathToFileURL(join(directory, `${name}.js`)))
  return class {
    #socket
    #arrived = { messages: 0, bytes: 0 }
    #payload

    constructor({ interval = 0 } = {}) {
      const heartbeat = { interval, timeout: interval, message: 'ping', isReply: (data) => data === 'pong' }
      const reconnect = { min: 1, max: 1 }
      this.#socket = new HomingSocket(URL, [], interval > 0 ? { reconnect, heartbeat } : { reconnect })
      this.#socket.binaryType = 'arraybuffer'
      this.#socket.onmessage = ({ data }) => {
        this.#arrived.messages++
        this.#arrived.bytes += data.length ?? data.byteLength
      }
    }

    static allocated() {
      return {}
    }

    arrived() {
      return { ...this.#arrived }
    }

    payload(text, isText) {
      this.#payload = isText ? text : new TextEncoder().encode(text)
    }

    send(count) {
      for (let sent = 0; sent < count; sent++) this.#socket.send(this.#payload)
    }

    close() {
      this.#socket.close(1000)
    }

    free() {}
  }
}

/** The directories of both, from the environment. */
const { HOMING_COUNTED_MODULE: module, HOMING_COUNTED_PACKAGE: npm } = process.env

/** Each client: how to load it, and the directory of its scripts. */
export const CLIENTS = {
  homing: { load: () => inModule(module, 'Homing'), scripts: module },
  bare: { load: () => inModule(module, 'Bare'), scripts: module },
  'npm wasm': { load: () => ofEntry(npm, 'wasm'), scripts: npm },
  'npm index': { load: () => ofEntry(npm, 'index'), scripts: npm },
}
