// Any numbers, in any order of calls, to two builds of the machine: neither may trap, and both return the same.

import { dice, OUTPUTS } from './script.js'

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.5,
  7,
  1000,
  5e-324,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  1e308,
  -1e308,
  NaN,
  Infinity,
  -Infinity,
]
/** More than any of the machine's own numbers of settings, inputs and statistics. */
const KINDS = 20
/** So many outputs follow from one call at most. */
const MOST = 100

function script(builds, random) {
  const any = () => (random.chance(0.5) ? random.among(NUMBERS) : random.unit() * 10_000 - 100)
  const call = (name, clients, ...parameters) => {
    const [a, b] = builds.map((exports, index) => exports[name](...(clients ? [clients[index]] : []), ...parameters))
    if (!Object.is(a, b)) throw new Error(`${name}(${parameters.join(', ')}) returned ${a} and ${b}`)
    return a
  }
  const [at, dials, ...options] = [any(), random.below(2), ...Array.from({ length: KINDS }, any)]
  const clients = builds.map((exports) => exports.create(at, dials, ...options))
  for (let step = 0; step < 60; step++) {
    if (random.chance(0.2)) call('send', clients, any())
    else call('handle', clients, any(), random.below(KINDS), any(), any())
    for (let outputs = 0; random.chance(0.95); outputs++) {
      if (outputs > MOST) throw new Error('the outputs do not end')
      if (OUTPUTS[call('poll', clients)] === 'nothing') break
      for (let index = 0; index < 6; index++) call('value', clients, index)
    }
    call('deadline', clients)
    call('state', clients)
    for (let stat = 0; stat < 4; stat++) call('stat', clients, stat)
  }
  for (const [index, exports] of builds.entries()) exports.destroy(clients[index])
}

/** Runs scripts from a seed on. Throws if one traps, or returns different values. */
export function anyNumbers(builds, { scripts, seed }) {
  for (let each = seed; each < seed + scripts; each++) {
    try {
      script(builds, dice(each))
    } catch (error) {
      throw new Error(`script ${each}: ${error.message}`, { cause: error })
    }
  }
}
