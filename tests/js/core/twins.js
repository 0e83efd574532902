// Compares two builds of the machine (`www/core`): the same calls must return the same values.

import { Client, dice, FAILURES, OUTPUTS, REASONS, SENT, STATES } from './script.js'

/** The outputs that the scripts of a comparison must have had at least once. */
const WANTED = [
  ...OUTPUTS.map((output) => `output: ${output}`),
  ...STATES.map((state) => `state: ${state}`),
  ...SENT.map((sent) => `send: ${sent}`),
  ...FAILURES.map((failure) => `error: ${failure}`),
  ...REASONS.map((reason) => `end: ${reason}`),
  'close: retry',
  'close: no retry',
  'close: clean',
  'close: not clean',
  'close: lasted',
  'close: did not last',
  'end: unsent messages',
  'transmit: refused',
  'transmit: taken',
  'delay grew',
  'dial after dial',
  'reconnect by hand after the end',
  'beat for a page event',
  'wake: late',
  'stat: round trip',
]

/** Makes the same calls to both builds. Throws if a value differs. */
class Twins {
  values = 0

  constructor(a, b) {
    this.builds = [a, b]
  }

  create(options, at, dials) {
    return this.builds.map((exports) => exports.create(at, +dials, ...Object.values(options)))
  }

  call(name, clients, ...parameters) {
    const [a, b] = this.builds.map((exports, index) => exports[name](clients[index], ...parameters))
    this.values++
    if (!Object.is(a, b)) throw new Error(`${name}(${parameters.join(', ')}) returned ${a} and ${b}`)
    return a
  }
}

/** Creates more clients than the initial memory has room for, twice, so that the second half reuses the memory of the first. */
function crowd(twins, random, seen, whole) {
  let addresses = Infinity
  for (const round of ['new memory', 'the same memory']) {
    const clients = Array.from({ length: 500 }, () => new Client(twins, random, seen, whole))
    for (const client of clients) for (let step = 0; step < 5; step++) client.step()
    const last = Math.max(...clients.map((client) => client.clients[0]))
    if (last > addresses) throw new Error(`no ${round}: a client at ${last}, the last ones ended at ${addresses}`)
    addresses = last
    clients.forEach((client) => client.destroy())
  }
}

/**
 * Runs the same scripts on two builds and compares every value.
 *
 * @param {object} a the exports of one build (`Exports` in `www/src/machine/core.ts`)
 * @param {object} b those of the other
 * @param {object} options
 * @param {number} options.scripts how many scripts
 * @param {number} options.seed of the first one; the next have the numbers after it
 * @param {boolean} [options.whole] let all times be whole milliseconds
 * @returns {{ values: number, counts: Map<string, number> }} how many values were compared, and what happened how often
 * @throws where a value differs, naming the seed of the script, or if the scripts left out something that is to be compared
 */
export function compare(a, b, { scripts, seed, whole = false }) {
  const twins = new Twins(a, b)
  const counts = new Map(WANTED.map((what) => [what, 0]))
  const seen = (what) => {
    if (!counts.has(what)) throw new Error(`an unknown value: ${what}`)
    counts.set(what, counts.get(what) + 1)
  }
  for (let script = seed; script < seed + scripts; script++) {
    const steps = []
    try {
      const random = dice(script)
      // Several clients at a time in one memory, some of which end before the others.
      const clients = []
      for (let step = 40 + random.below(80); step > 0; step--) {
        if (clients.length === 0 || random.chance(0.03)) clients.push(new Client(twins, random, seen, whole))
        const chosen = random.below(clients.length)
        steps.push(chosen)
        if (clients.length > 1 && random.chance(0.03)) clients.splice(chosen, 1)[0].destroy()
        else clients[chosen].step()
      }
      clients.forEach((client) => client.destroy())
    } catch (error) {
      throw new Error(`script ${script}, step ${steps.length}: ${error.message}`, { cause: error })
    }
  }
  crowd(twins, dice(seed), seen, whole)
  const missing = WANTED.filter((what) => counts.get(what) === 0)
  if (missing.length > 0) throw new Error(`these never happened: ${missing.join(', ')}`)
  return { values: twins.values, counts }
}
