// A random script for a client of the machine (`www/core`), from a seed: what `www/src` does with sockets that open, fail, stall and
// close, and sometimes calls that it never makes.

import { readFileSync } from 'node:fs'
import { read } from '../../../www/codes.js'

const rust = readFileSync(new URL('../../../www/core/src/codes.rs', import.meta.url), 'utf8')
/** The names of the numbers of `codes.rs`, by module and in order, such as `notify end`. */
const NAMES = Object.fromEntries(
  read(rust).map(({ name, constants }) => [name, constants.map(({ name }) => name.toLowerCase().replaceAll('_', ' '))]),
)
export const { output: OUTPUTS, state: STATES, sent: SENT, failure: FAILURES, reason: REASONS } = NAMES

/** The number of values of each output; the others are undefined. */
const VALUES = {
  transmit: 1,
  close: 1,
  'ask retry': 4,
  'notify error': 1,
  'notify close': 4,
  'notify end': 2,
  'notify latency': 1,
}

/** Pseudo-random numbers from a seed (mulberry32). */
export function dice(seed) {
  const unit = () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (bound) => Math.floor(unit() * bound)
  return {
    unit,
    below,
    chance: (share) => unit() < share,
    among: (choices) => choices[below(choices.length)],
  }
}

/** The options of a client, as `Config` of `www/src/machine/codes.ts` has them. */
function settings({ unit, below, chance, among }) {
  const min = among([1, 100, 1000, 0.001, 1 + below(5000)])
  return {
    min,
    max: min * among([1, 1, 3, 30, 1e6, Infinity]),
    factor: among([1, 1.5, 2, 10]),
    jitter: among([0, 0, 0.3, 1]),
    maxAttempts: among([Infinity, Infinity, Infinity, 0, 1, 4, 1e300]),
    stableAfter: among([0, 10, 5000, Infinity]),
    openTimeout: among([Infinity, 10_000, 50 + below(500), 1e300]),
    closeTimeout: among([5000, 1 + below(300), Infinity]),
    interval: among([Infinity, 20_000, 1 + below(1000)]),
    timeout: among([20_000, 1 + below(1000), Infinity]),
    maxSendBuffer: among([1, 10, 100, 1000, 1 << 20, 4294967295, Infinity]),
    hasProvider: +chance(0.2),
    hasPredicate: +chance(0.3),
    seed: unit(),
    maxInitialAttempts: among([Infinity, Infinity, Infinity, 1, 2, 5, 1e300]),
    setupTimeout: among([0, 0, 10_000, 1 + below(500), Infinity]),
  }
}

/** A client and its simulated socket. */
export class Client {
  beats = 0
  given = 0
  buffered = 0
  dialled = 0
  lastDelay = 0
  isOver = false

  constructor(twins, random, seen, whole) {
    Object.assign(this, { twins, random, seen, whole })
    this.options = settings(random)
    this.now = whole ? random.below(1e6) : random.unit() * 1e6
    this.clients = twins.create(this.options, this.now, random.chance(0.9))
    this.look()
  }

  call(name, ...parameters) {
    return this.twins.call(name, this.clients, ...parameters)
  }

  handle(what, a = 0, b = 0) {
    this.call('handle', this.now, NAMES.input.indexOf(what), a, b)
  }

  /** Reads all values. */
  look() {
    this.seen(`state: ${STATES[this.call('state')]}`)
    this.call('stat', 0)
    this.call('stat', 2)
    if (this.call('stat', 1) >= 0) this.seen('stat: round trip')
    return this.call('deadline')
  }

  step() {
    this.pass()
    const before = this.beats
    const act = this.act()
    const isPolled = this.random.chance(0.9)
    // JavaScript may be dispatching a close event, and poll later.
    if (isPolled) while (this.poll());
    if (act === 'page' && this.beats > before) this.seen('beat for a page event')
    this.look()
  }

  /** Advances the time, often to the deadline or just before it. */
  pass() {
    const { unit, below, among } = this.random
    const deadline = this.call('deadline')
    const small = this.whole ? below(50) : unit() * 50
    const to = among(['now', 'now', 'soon', 'soon', 'later', 'due', 'due', 'due', 'early', 'late', 'back'])
    if (to === 'soon') this.now += small
    else if (to === 'later') this.now += small * 100
    else if (to === 'back') this.now -= small
    else if (deadline < Infinity) {
      const due = this.whole ? Math.ceil(deadline) : deadline
      if (to === 'due') this.now = due
      if (to === 'early') this.now = due - 1
      if (to === 'late') {
        this.now = due + small * 100
        this.seen('wake: late')
      }
      if (to !== 'now') this.handle('wake', this.buffered, this.given)
    }
  }

  act() {
    const { below, chance, among } = this.random
    const state = STATES[this.call('state')]
    const usual = {
      connecting: ['opened', 'opened', 'opened', 'opened', 'opened', 'set up', 'set up', 'failed', 'closed', 'wake'],
      open: ['received', 'answered', 'wake', 'wake', 'send', 'send', 'moves', 'page', 'closed', 'close', 'reconnect'],
      closing: ['wake', 'moves', 'buffered', 'closed', 'retry answer', 'send'],
      waiting: ['wake', 'wake', 'wake', 'wake', 'page', 'send'],
      closed: ['reconnect', 'wake'],
    }
    const any = [
      ...['opened', 'received', 'answered', 'buffered', 'closed', 'failed', 'page', 'retry answer', 'close', 'reconnect'],
      ...['mark', 'send', 'moves', 'wake', 'set up'],
    ]
    const act = among(chance(0.75) ? usual[state] : any)
    switch (act) {
      case 'closed':
        this.handle('closed', among([1000, 1001, 1005, 1006, 1006, 1006, 1008, 1011, 4000]), +chance(0.5))
        break
      case 'failed':
        this.handle('failed')
        break
      case 'set up':
        this.handle('set up', among([0, 0, 0, 1, 2]))
        break
      case 'page':
        this.handle('page', among([0, 1, 2, 3, 3]))
        break
      case 'retry answer':
        this.handle('retry answer', +chance(0.7))
        break
      case 'close':
        this.handle('close', among([1000, 3000, 4999]))
        break
      case 'reconnect':
        if (state === 'closed') this.seen('reconnect by hand after the end')
        this.handle('reconnect', among([0, 0, 100, 1e9, this.whole ? 7 : 0.0015]))
        break
      case 'mark':
      case 'wake':
        this.handle(act, this.buffered, this.given)
        break
      case 'buffered':
        this.handle('buffered', this.buffered)
        break
      case 'moves':
        // The last message may be longer than counted.
        this.buffered = among([0, Math.floor(this.buffered / 2), this.buffered * 3])
        break
      case 'send':
        for (let messages = 1 + below(5); messages > 0; messages--) this.send(among([0, 1, 9, 100, 1000, 70_000]))
        break
      default:
        this.handle(act)
    }
    return act
  }

  send(bytes) {
    this.seen(`send: ${SENT[this.call('send', bytes)]}`)
  }

  /** Carries out the next output, if there is one. */
  poll() {
    const { chance } = this.random
    const output = OUTPUTS[this.call('poll')]
    this.seen(`output: ${output}`)
    const values = Array.from({ length: VALUES[output] ?? 0 }, (_, index) => this.call('value', index))
    switch (output) {
      case 'dial':
        if (this.dialled++ > 0) this.seen('dial after dial')
        this.buffered = 0
        break
      case 'transmit': {
        const isTaken = chance(0.8)
        this.seen(`transmit: ${isTaken ? 'taken' : 'refused'}`)
        if (isTaken) {
          this.given += values[0] * 10
          this.buffered += values[0] * 10
        }
        this.handle('transmitted', isTaken ? 0 : values[0])
        // Otherwise the queue would be offered again at once.
        if (!isTaken) this.handle('closed', 1006)
        break
      }
      case 'heartbeat':
        this.beats++
        this.given += 4
        this.buffered += 4
        break
      case 'ask retry':
        if (chance(0.9)) this.handle('retry answer', +chance(0.7))
        break
      case 'mark':
        this.handle('mark', this.buffered, this.given)
        break
      case 'notify error':
        this.seen(`error: ${FAILURES[values[0]]}`)
        break
      case 'notify close': {
        const [, clean, delay, lasted] = values
        this.seen(delay >= 0 ? 'close: retry' : 'close: no retry')
        this.seen(clean ? 'close: clean' : 'close: not clean')
        this.seen(lasted ? 'close: lasted' : 'close: did not last')
        if (this.lastDelay > 0 && delay > this.lastDelay) this.seen('delay grew')
        this.lastDelay = delay
        break
      }
      case 'notify end':
        this.seen(`end: ${REASONS[values[0]]}`)
        if (values[1] > 0) this.seen('end: unsent messages')
        break
    }
    return output !== 'nothing'
  }

  destroy() {
    this.call('destroy')
  }
}
