// The tests of the standard: the same assertions with the browser's class and with this package's. A test fails if the two differ.
// The expected values are those of the standard; where the browser differs from it, the package must do as the browser.

import { util } from 'chai'
import { HomingSocket } from './homing.js'
import { test } from './test.js'

export { next as once } from './wait.js'

const PLAIN = { reconnect: false, queue: false }

/** The first class is the reference. */
const KINDS = [
  { name: 'native', Class: globalThis.WebSocket, create: (...args) => new globalThis.WebSocket(...args) },
  {
    name: 'homing',
    Class: HomingSocket,
    create: (...args) => (args.length === 0 ? new HomingSocket() : new HomingSocket(args[0], args[1], PLAIN)),
  },
]

/**
 * Compares another class with the browser's. `kind` has `Class`, `create`, and: `server`, which replaces the server of a test;
 * `excuse`, which maps a fact of the browser's class to the expected one; `followsStandard`, if the class may follow the standard
 * where the browser does not; `skips`, which returns the reason why a test does not apply.
 */
export function compare(kind) {
  KINDS[1] = kind
}

/** Collects facts about a class. */
class Facts {
  list = []
  /** Differences from the standard. */
  surprises = []

  constructor(t, kind, server) {
    this.Class = kind.Class
    this.server = server
    this.create = (...args) => {
      const socket = kind.create(...args)
      t.onEnd(() => socket.close())
      return socket
    }
  }

  /** Opens a socket to one of the server's scripts. */
  open(path, protocols) {
    const socket = protocols === undefined ? this.create(this.server.url(path)) : this.create(this.server.url(path), protocols)
    return socket
  }

  is(label, actual, expected) {
    const [got, wanted] = [show(actual), show(expected)]
    this.list.push(`${label}: ${got}`)
    if (got !== wanted) this.surprises.push(`${label}: ${got} instead of ${wanted}`)
  }

  /** Adds a fact that the standard does not define. */
  note(label, actual) {
    this.list.push(`${label}: ${show(actual)}`)
  }

  /** Adds what a call throws. */
  throws(label, act, expected) {
    this.is(label, thrown(act), expected)
  }
}

/** Returns what is thrown: its class, name and legacy code. */
export function thrown(act) {
  try {
    act()
  } catch (error) {
    return `${error.constructor.name} ${error.name} ${error.code ?? ''}`.trim()
  }
  return 'nothing'
}

/** Returns the text of a value. Different values have different texts, except functions. */
const show = (value) => (typeof value === 'function' ? 'function' : util.inspect(value))

/** Adds a test of the standard. `run` gets `Facts`. */
export function standard(name, run) {
  test(`standard: ${name}`, async (t) => {
    const server = await t.server()
    const { name: other, excuse = (fact) => fact, followsStandard, skips } = KINDS[1]
    const reason = skips?.(name)
    if (reason) t.skip(reason)
    const [native, homing] = [[], []]
    const surprises = []
    for (const [index, kind] of KINDS.entries()) {
      const facts = new Facts(t, kind, kind.server ? kind.server(server) : server)
      await run(facts, t)
      if (facts.list.length === 0) throw new Error('the test has no facts')
      ;[native, homing][index].push(...facts.list)
      if (index === 0) surprises.push(...facts.surprises)
      else if (followsStandard && surprises.length > 0 && facts.surprises.length === 0) return
    }
    const differences = native
      .map((fact, index) =>
        excuse(fact) === homing[index] ? undefined : `${other}: ${homing[index]}\n  but the browser's: ${fact}`,
      )
      .filter(Boolean)
    if (native.length !== homing.length) differences.push(`${homing.length} facts instead of ${native.length}`)
    if (differences.length > 0) throw new Error(differences.join('\n'))
    // Not a failure, but printed.
    surprises.forEach((surprise) => console.log(`the browser differs from the standard: ${name}: ${surprise}`))
  })
}

/** Waits for events that are due. */
export const pause = (millis = 20) => new Promise((resolve) => setTimeout(resolve, millis))
