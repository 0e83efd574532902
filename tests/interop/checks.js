// The checks of src/checks.rs that apply to other clients. They run in Node and in pages.

const PATIENCE = 15_000
const REASON = 'bye ✓'

/**
 * Runs the checks. `create(address, reconnect, notify)` returns a client with the methods `send(data)` and `close(code, reason)`, which
 * passes its events to `notify`, with the properties that those of the npm class have. `print` is called with each line that the native
 * client would print, `restarted` returns once the server is back.
 */
export async function run({ create, url, secureUrl, print, restarted }) {
  for (const [name, check] of Object.entries(checks(create, url, secureUrl, print, restarted))) {
    const found = await check().catch((error) => `wrong: ${error.message}`)
    await print(`${name}\t${found.replaceAll(/[\n\t]/g, ' ')}`)
  }
}

/** A client with its messages and other events in order. */
class Client {
  #events = []
  #wake = () => {}

  constructor(create, address, reconnect = false) {
    this.socket = create(address, reconnect, (event) => {
      this.#events.push(event)
      this.#wake()
    })
  }

  /** Waits for the next event of a type, and skips those before it, but not an end. */
  async next(wanted) {
    let timer
    const late = new Promise((_, reject) => (timer = setTimeout(reject, PATIENCE, new Error(`${wanted}: not in time`))))
    try {
      for (;;) {
        const event = this.#events.shift()
        if (event?.type === wanted) return event
        if (event?.type === 'end') throw new Error(`ended before ${wanted}: ${event.reason}`)
        if (!event) await Promise.race([new Promise((resolve) => (this.#wake = resolve)), late])
      }
    } finally {
      clearTimeout(timer)
    }
  }

  async message() {
    return (await this.next('message')).data
  }

  async ask(order, expected) {
    this.socket.send(order)
    const answer = await this.message()
    if (answer === expected) return 'ok'
    if (answer === 'unsupported') return 'no'
    throw new Error(`${answer} instead of ${expected}`)
  }

  async echoes(...messages) {
    for (const message of messages) this.socket.send(message)
    for (const message of messages) {
      const back = await this.message()
      if (!isSame(message, back)) throw new Error(`${message.length} came back as ${back.length ?? back.byteLength}`)
    }
  }
}

function isSame(message, back) {
  if (typeof message === 'string' || typeof back === 'string') return back === message
  const bytes = new Uint8Array(back)
  return bytes.length === message.length && message.every((byte, index) => byte === bytes[index])
}

const LENGTHS = [1, 125, 126, 127, 65535, 65536, 100_000]
const MEGABYTES = ['0123456789abcdé\n'.repeat(2 ** 20 / 17), crypto.getRandomValues(new Uint8Array(65536))]
MEGABYTES[1] = new Uint8Array(2 ** 20).map((_, index) => MEGABYTES[1][index % 65536] ^ (index >> 16))

function compare(event, code) {
  if (!event.wasClean) throw new Error(`${event.code} ${event.reason}, not clean`)
  if (event.code !== code) return `with ${event.code}`
  if (event.reason === '') return 'without reason'
  if (event.reason !== REASON) throw new Error(event.reason)
  return 'ok'
}

function checks(create, url, secureUrl, print, restarted) {
  async function connect(address = url) {
    const client = new Client(create, address)
    await client.next('open')
    return client
  }

  async function withEmpty(messages, empty) {
    const client = await connect()
    await client.echoes(...messages)
    client.socket.send(empty)
    client.socket.send('end')
    return (await client.message()) === 'end' ? 'empty ones are dropped' : 'ok'
  }

  async function seenClose() {
    const client = await connect()
    let answer = ''
    // The server may report the end later than the client, and no event reaches this connection then, so it asks repeatedly.
    for (let times = 0; times < 100; times++) {
      client.socket.send('/last-close')
      answer = await client.message()
      if (answer === 'unsupported') return ['the program does not see the code']
      if (answer === '4001') return ['the program does not see the reason']
      if (answer === `4001 ${REASON}`) return []
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return [`the program sees ${answer}`]
  }

  return {
    text: () => withEmpty(['hello', 'Grüße, 世界 🦀\0', ...LENGTHS.map((length) => 'x'.repeat(length))], ''),
    binary: () =>
      withEmpty([Uint8Array.of(0, 255, 0xc3), ...LENGTHS.map((length) => new Uint8Array(length).fill(7))], new Uint8Array()),
    '1 MB': async () => {
      const client = await connect()
      await client.echoes(...MEGABYTES)
      return 'ok'
    },
    fragments: async () => (await connect()).ask('/fragments', 'part0part1part2'),
    pinged: async () => (await connect()).ask('/ping', 'pong'),
    close: async () => {
      const client = await connect()
      client.socket.close(4001, REASON)
      const found = compare(await client.next('close'), 4001)
      const odd = [...(found === 'ok' ? [] : [`echo ${found}`]), ...(await seenClose())]
      return odd.join(', ') || 'ok'
    },
    closed: async () => {
      const client = await connect()
      client.socket.send(`/close 4002 ${REASON}`)
      return compare(await client.next('close'), 4002)
    },
    TLS: async () => {
      const client = await connect(secureUrl)
      await client.echoes('hello')
      try {
        await client.echoes(...MEGABYTES)
      } catch (error) {
        return `small messages only: ${error.message}`
      }
      client.socket.close(1000, '')
      return (await client.next('close')).wasClean ? 'ok' : 'not clean'
    },
    restart: async () => {
      const client = new Client(create, url, { min: 20, max: 50 })
      await client.next('open')
      await client.echoes('before')
      await print('restart')
      await client.next('close')
      client.socket.send('meanwhile')
      await restarted()
      await client.next('open')
      const answer = await client.message()
      client.socket.close(1000, '')
      return answer === 'meanwhile' ? 'ok' : `wrong: ${answer}`
    },
  }
}
