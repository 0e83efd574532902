// Many reconnects to a server that wants a login first, and that cuts the connection in many ways.

import { assert } from '../support/assert.js'
import { connect, where } from '../support/homing.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'

/** How often the server cuts the connection. Pages take longer for it than processes. */
const CUTS = where === 'node' ? 1000 : 100
/** How often the program begins anew, with what `takeUnsent` returned. */
const LIVES = 4
/** How many messages wait to be acknowledged while the program waits. */
const WINDOW = 48

/** A program that wants each of its messages to be taken exactly once. */
class Program {
  last = 0
  attempts = 0
  /** Messages that the server has not acknowledged, in order. The last of them are still queued. */
  unacknowledged = []
  /** What must not be: Close frames of a server that was given anything but what it wanted. */
  faults = []

  /** Begins a life that ends after so many attempts, or when all messages are acknowledged. Returns the end. */
  async live(t, url, options, open, unsent, enough) {
    const ws = (this.ws = connect(t, url, {
      reconnect: { min: 1, max: 1, jitter: 0 },
      heartbeat: { message: 'beat', interval: 100, timeout: 200 },
      ...options,
    }))
    const isLast = enough === Infinity
    const isDone = () => this.attempts >= (isLast ? CUTS : enough)
    /** Sends a few messages at a time, connected or not. */
    const fill = () => {
      for (let burst = 0; burst < 4 && !isDone() && this.unacknowledged.length < WINDOW; burst++) {
        const text = `${++this.last} ${'x'.repeat(this.last % 100)}`
        this.unacknowledged.push(text)
        ws.send(text)
      }
      if (isLast && isDone() && this.unacknowledged.length === 0) ws.close()
    }
    if (open) ws.addEventListener('open', () => open(this))
    ws.addEventListener('message', ({ data }) => {
      this.acknowledge(data)
      fill()
    })
    ws.addEventListener('close', ({ code, reason }) => {
      this.attempts++
      if (![1000, 1005, 1006, 1012].includes(code)) this.faults.push(`closed with ${code}: ${reason}`)
      // What is queued is not sent any more.
      if (!isLast && isDone()) ws.close()
      else fill()
    })
    for (const text of unsent) ws.send(text)
    fill()
    await until(() => ws.state === 'closed', 60_000)
    return ws.takeUnsent()
  }

  acknowledge(answer) {
    const [, number] = /^(?:have|ack) (\d+)$/.exec(answer) ?? []
    if (number === undefined) return
    const first = this.last - this.unacknowledged.length
    this.unacknowledged.splice(0, Math.max(0, number - first))
  }

  /** Returns the number of the last message that a socket was given. Called while the present socket has no messages. */
  lastGiven() {
    let { last } = this
    for (let left = this.ws.bufferedAmount; left > 0; last--) left -= this.unacknowledged.at(last - this.last - 1).length
    return last
  }

  /** Returns the messages up to this one that the server may not have. */
  missing(last) {
    return this.unacknowledged.slice(0, Math.max(0, this.unacknowledged.length - (this.last - last)))
  }
}

/** Sends while the server cuts the connection, and checks what it has taken. `options` returns those of a client, and `open` is called when it has opened. */
async function deliver(t, path, options, open) {
  const server = await t.server()
  const program = new Program()
  let unsent = []
  for (let life = 1; life <= LIVES; life++) {
    const enough = life === LIVES ? Infinity : (CUTS * life) / LIVES
    unsent = await program.live(t, server.url(path), options(program), open, unsent, enough)
    assert.deepEqual(unsent, unsent.length ? program.unacknowledged.slice(-unsent.length) : [])
  }
  assert.deepEqual([program.faults, program.unacknowledged], [[], []])
  const journal = await server.journal()
  const numbers = journal.filter(([kind]) => kind === 'text').map(([, text]) => parseInt(text, 10))
  assert.deepEqual(
    numbers,
    Array.from({ length: program.last }, (_, index) => index + 1),
  )
  assert.ok(journal.filter(([kind]) => kind === 'request').length > CUTS)
}

/** Logs in, and sends again what was given to a socket and did not arrive. */
async function resume(program, session) {
  const last = program.lastGiven()
  session.send('login me')
  program.acknowledge(await session.receive())
  for (const text of program.missing(last)) session.send(text)
}

test('s27_setup_delivers_each_message_once_over_many_reconnects', (t) =>
  deliver(t, `/ledger?cuts=${CUTS}`, (program) => ({ setupTimeout: 200, setup: (session) => resume(program, session) })))

// Without a set-up the program does not know what arrived, so it sends too much, and the server ignores repetitions.
test('s13_a_login_in_open_is_first_over_many_reconnects', (t) => {
  const open = (program) => {
    const missing = program.missing(program.lastGiven())
    for (const text of ['login me', ...missing]) program.ws.send(text)
  }
  return deliver(t, `/ledger?cuts=${CUTS}&repeats=1`, () => ({}), open)
})
