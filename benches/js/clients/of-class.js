// Clients of JavaScript, with the interface of those in WebAssembly.

import { Messages } from '../messages.js'

/** What the server answers to messages that were sent, if they were right. */
const ACKNOWLEDGED = '+'

const event = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))

export class OfClass {
  #socket
  #messages
  #take

  static async open(make, url) {
    const client = new OfClass()
    const socket = (client.#socket = make(url))
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => client.#take(data))
    await event(socket, 'open')
    return client
  }

  prepare(isText, size) {
    this.#messages = new Messages(isText, size)
  }

  run(sent, received, answers, acknowledged) {
    const messages = this.#messages
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      let arrived = 0
      this.#take = acknowledged
        ? (data) => (data === ACKNOWLEDGED ? resolve() : reject(`wrong: ${data}`))
        : (data) => {
            if (!messages.isNth(arrived, data)) return reject(`wrong: message ${arrived}`)
            arrived += 1
            if (arrived === received) resolve()
            else if (answers) socket.send(messages.nth(arrived))
          }
      for (let number = 0; number < sent; number++) socket.send(messages.nth(number))
    })
  }

  async close() {
    const closed = event(this.#socket, 'close')
    this.#socket.close(1000)
    await closed
  }
}
