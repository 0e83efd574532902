// The interface: constants, attributes, methods and their descriptors.

import { once, standard } from '../support/standard.js'

const CONSTANTS = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
const READ_ONLY = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol']
const HANDLERS = ['onopen', 'onerror', 'onclose', 'onmessage']
const ATTRIBUTES = [...READ_ONLY, ...HANDLERS, 'binaryType']

const describe = (object, name) => {
  const found = Object.getOwnPropertyDescriptor(object, name)
  if (!found) return 'nothing'
  const { value, get, set, ...flags } = found
  return { ...flags, value: typeof value === 'object' ? 'object' : value, get: typeof get, set: typeof set }
}

for (const [name, value] of Object.entries(CONSTANTS)) {
  standard(`the constant ${name}`, (facts) => {
    const { Class } = facts
    const socket = facts.open('/echo')
    facts.is('class', Class[name], value)
    facts.is('prototype', Class.prototype[name], value)
    facts.is('instance', socket[name], value)
    facts.note('on the class', describe(Class, name))
    facts.note('on the prototype', describe(Class.prototype, name))
    for (const [where, object] of Object.entries({ class: Class, prototype: Class.prototype, instance: socket })) {
      facts.throws(
        `write to the ${where}`,
        () => {
          object[name] = 9
        },
        'TypeError TypeError',
      )
      facts.is(`${where} unchanged`, object[name], value)
    }
    facts.throws(
      'delete',
      () => {
        delete Class[name]
      },
      'TypeError TypeError',
    )
    facts.throws(
      'delete from the prototype',
      () => {
        delete Class.prototype[name]
      },
      'TypeError TypeError',
    )
  })
}

for (const name of ATTRIBUTES) {
  standard(`the attribute ${name}`, (facts) => {
    const { prototype } = facts.Class
    facts.note('descriptor', describe(prototype, name))
    const { get, set } = Object.getOwnPropertyDescriptor(prototype, name)
    facts.note('names', [get.name, get.length, set?.name, set?.length])
    facts.throws('on the prototype', () => prototype[name], 'TypeError TypeError')
    facts.throws('on another object', () => get.call({}), 'TypeError TypeError')
    facts.throws('on another target', () => get.call(new EventTarget()), 'TypeError TypeError')
    if (set) facts.throws('set on another object', () => set.call({}, null), 'TypeError TypeError')
    const socket = facts.open('/echo')
    facts.is('not on the instance', Object.hasOwn(socket, name), false)
    facts.is('in', name in socket, true)
    facts.throws(
      'delete',
      () => {
        delete socket[name]
      },
      'nothing',
    )
  })
}

for (const name of READ_ONLY) {
  standard(`${name} cannot be set`, (facts) => {
    const socket = facts.open('/echo')
    const before = socket[name]
    facts.throws(
      'thrown',
      () => {
        socket[name] = 'x'
      },
      'TypeError TypeError',
    )
    facts.is('unchanged', socket[name] === before, true)
  })
}

for (const [name, length] of [
  ['send', 1],
  ['close', 0],
]) {
  standard(`the method ${name}`, (facts) => {
    const { prototype } = facts.Class
    facts.note('descriptor', describe(prototype, name))
    facts.is('shape', [prototype[name].name, prototype[name].length, 'prototype' in prototype[name]], [name, length, false])
    facts.throws('new', () => new prototype[name](), 'TypeError TypeError')
    facts.throws('on another object', () => prototype[name].call({}, 'x'), 'TypeError TypeError')
    facts.throws('on nothing', () => (0, prototype[name])('x'), 'TypeError TypeError')
  })
}

standard('the class', (facts) => {
  const { Class } = facts
  facts.is('length', Class.length, 1)
  facts.is('kind', typeof Class, 'function')
  facts.is('extends', Object.getPrototypeOf(Class) === EventTarget, true)
  facts.is('prototype extends', Object.getPrototypeOf(Class.prototype) === EventTarget.prototype, true)
  facts.is('constructor', Class.prototype.constructor === Class, true)
  facts.note('prototype', describe(Class, 'prototype'))
  facts.note('constructor', describe(Class.prototype, 'constructor').enumerable)
  facts.note('tag', describe(Class.prototype, Symbol.toStringTag))
  facts.note('enumerable on the class', Object.keys(Class).sort())
  facts.note('enumerable on the prototype', Object.keys(Class.prototype).sort())
})

standard('an instance', async (facts) => {
  const socket = facts.open('/echo')
  facts.is('text', [`${socket}`, Object.prototype.toString.call(socket)], ['[object WebSocket]', '[object WebSocket]'])
  facts.is('own', Reflect.ownKeys(socket), [])
  facts.is('instance', [socket instanceof facts.Class, socket instanceof EventTarget], [true, true])
  const names = []
  for (const name in socket) names.push(name)
  facts.note(
    'for in',
    names.filter((name) => !['addEventListener', 'dispatchEvent', 'removeEventListener', 'when'].includes(name)).sort(),
  )
  facts.is('JSON', JSON.stringify(socket) !== undefined, true)
  facts.throws('clone', () => structuredClone(socket), 'DOMException DataCloneError 25')
  socket.mine = 1
  facts.is('expando', socket.mine, 1)
  facts.is('states', [socket.readyState, socket.protocol, socket.extensions, socket.bufferedAmount], [0, '', '', 0])
  await once(socket, 'open')
  facts.is('open', [socket.readyState, socket.protocol, socket.extensions], [1, '', ''])
  socket.close()
  await once(socket, 'close')
  facts.is('closed', [socket.readyState, socket.url], [3, facts.server.url('/echo')])
})

standard('subclasses', async (facts) => {
  class Mine extends facts.Class {
    get readyState() {
      return super.readyState + 10
    }
  }
  const socket = new Mine(facts.server.url('/echo'), [], { reconnect: false, queue: false })
  facts.is('is', [socket instanceof Mine, socket instanceof facts.Class, socket.readyState], [true, true, 10])
  await once(socket, 'open')
  facts.is('open', socket.readyState, 11)
  socket.close()
  await once(socket, 'close')
})

standard('readyState over a life', async (facts) => {
  const socket = facts.open('/echo')
  const states = [socket.readyState]
  socket.onopen = () => states.push(socket.readyState)
  socket.onclose = () => states.push(socket.readyState)
  await once(socket, 'open')
  socket.close()
  states.push(socket.readyState)
  await once(socket, 'close')
  states.push(socket.readyState)
  facts.is('states', states, [0, 1, 2, 3, 3])
})

standard('protocol and extensions stay after the end', async (facts) => {
  const socket = facts.open('/protocol?answer=chat', ['chat'])
  await once(socket, 'open')
  facts.is('open', [socket.protocol, socket.extensions], ['chat', ''])
  socket.close()
  await once(socket, 'close')
  facts.is('closed', [socket.protocol, socket.extensions], ['chat', ''])
})
