// One list of assertions, run against the browser's own class and against ours: a difference between the two is what
// fails. What the standard says is written down as well; where the browser itself does otherwise, so shall we.

import { util } from 'chai'
import { HomingSocket } from './homing.js'
import { test } from './test.js'

const PLAIN = { reconnect: false, queue: false }

/** The first one is what the others are compared with. */
const KINDS = [
  { name: 'native', Class: globalThis.WebSocket, create: (...args) => new globalThis.WebSocket(...args) },
  {
    name: 'homing',
    Class: HomingSocket,
    create: (...args) => (args.length === 0 ? new HomingSocket() : new HomingSocket(args[0], args[1], PLAIN)),
  },
]

/**
 * Compares another class than ours with the browser's. `kind` has `Class`, `create`, and also `server`, which makes what
 * stands for the server of a test, `excuse`, which maps what the browser's class shows to what that one has to,
 * `followsStandard`, if it may do as the standard says where the browser does not, and `skips`, which gives the reason why a
 * test does not apply.
 */
export function compare(kind) {
  KINDS[1] = kind
}

/** Collects what a class does. */
class Facts {
  list = []
  /** Where it is not what the standard says. */
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

  /** A socket of one of the server's scripts. */
  open(path, protocols) {
    const socket = protocols === undefined ? this.create(this.server.url(path)) : this.create(this.server.url(path), protocols)
    // Real applications do; what is compared is what is seen otherwise.
    return socket
  }

  is(label, actual, expected) {
    const [got, wanted] = [show(actual), show(expected)]
    this.list.push(`${label}: ${got}`)
    if (got !== wanted) this.surprises.push(`${label}: ${got} instead of ${wanted}`)
  }

  /** The same, of which the standard says nothing. */
  note(label, actual) {
    this.list.push(`${label}: ${show(actual)}`)
  }

  /** What a call throws. */
  throws(label, act, expected) {
    this.is(label, thrown(act), expected)
  }
}

/** What is thrown: its kind, name and legacy code. */
export function thrown(act) {
  try {
    act()
  } catch (error) {
    return `${error.constructor.name} ${error.name} ${error.code ?? ''}`.trim()
  }
  return 'nothing'
}

/** The text of a value, which differs for any two that differ, but for functions. */
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
      if (facts.list.length === 0) throw new Error('it shows nothing')
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
    // Not ours to judge, but worth knowing.
    surprises.forEach((surprise) => console.log(`the browser differs from the standard: ${name}: ${surprise}`))
  })
}

/** The next event, or what it was that came too late. */
export function once(target, type, millis = 30_000) {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`no ${type}`)), millis)
    target.addEventListener(
      type,
      (event) => {
        clearTimeout(timeout)
        resolve(event)
      },
      { once: true },
    )
  })
}

/** Lets everything that is due happen. */
export const pause = (millis = 20) => new Promise((resolve) => setTimeout(resolve, millis))
