// Events, their listeners and handler attributes.

import { once, pause, standard, thrown } from '../support/standard.js'
import { until } from '../support/wait.js'

const TYPES = ['open', 'message', 'error', 'close']

/** Returns the properties of an event that listeners can see. */
const seen = (event, socket) => ({
  type: event.type,
  kind: event.constructor.name,
  text: Object.prototype.toString.call(event),
  own: Object.keys(event),
  target: event.target === socket,
  srcElement: event.srcElement === socket,
  currentTarget: event.currentTarget === socket,
  phase: event.eventPhase,
  path: event.composedPath().length === 1 && event.composedPath()[0] === socket,
  bubbles: event.bubbles,
  cancelable: event.cancelable,
  composed: event.composed,
  prevented: event.defaultPrevented,
  trusted: event.isTrusted,
  isEvent: event instanceof Event,
  isMessage: event instanceof MessageEvent,
  isClose: event instanceof CloseEvent,
  stamp: typeof event.timeStamp === 'number' && event.timeStamp > 0,
})

standard('the properties of events', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  for (const type of TYPES) socket.addEventListener(type, (event) => facts.note(type, seen(event, socket)))
  const message = await once(socket, 'message')
  facts.is(
    'afterwards',
    [message.target === socket, message.currentTarget, message.eventPhase, message.composedPath()],
    [true, null, 0, []],
  )
  facts.is('data', message.data, '0')
  facts.is(
    'the rest',
    [message.origin, message.lastEventId, message.source, message.ports.length],
    [facts.server.url(''), '', null, 0],
  )
  socket.close()
  await once(socket, 'close')
})

standard('the properties of the events of a failure', async (facts) => {
  const socket = facts.open('/http?status=500')
  for (const type of TYPES) socket.addEventListener(type, (event) => facts.note(type, seen(event, socket)))
  await once(socket, 'close')
})

standard("the events are instances of the platform's classes", async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const event = await once(socket, 'message')
  facts.note('own names', Object.getOwnPropertyNames(event))
  facts.note(
    'in',
    ['data', 'target', 'isTrusted', 'composedPath', 'nothing'].map((name) => name in event),
  )
  const names = []
  for (const name in event) names.push(name)
  facts.note('for in', names.sort())
  facts.note(
    'dispatched again',
    thrown(() => new EventTarget().dispatchEvent(event)),
  )
})

standard('attributes come before, between and after listeners as they were set', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const order = []
  socket.addEventListener('message', () => order.push('first'))
  socket.onmessage = () => order.push('never')
  socket.addEventListener('message', () => order.push('second'))
  socket.onmessage = () => order.push('attribute')
  await once(socket, 'message')
  facts.is('order', order, ['first', 'attribute', 'second'])
})

standard('an attribute that was unset goes to the end', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const order = []
  socket.onmessage = () => order.push('attribute')
  socket.addEventListener('message', () => order.push('listener'))
  socket.onmessage = null
  socket.onmessage = () => order.push('attribute')
  await once(socket, 'message')
  facts.is('order', order, ['listener', 'attribute'])
})

for (const type of TYPES) {
  standard(`the attribute on${type}`, (facts) => {
    const socket = facts.open('/echo')
    const name = `on${type}`
    facts.is('at first', socket[name], null)
    const handler = () => {}
    socket[name] = handler
    facts.is('function', socket[name] === handler, true)
    for (const value of [undefined, 0, 1, '', 'text', true, Symbol('x'), null]) {
      socket[name] = handler
      facts.throws(`set to ${String(value)}`, () => (socket[name] = value), 'nothing')
      facts.is('is', socket[name], null)
    }
    const object = { handleEvent() {} }
    socket[name] = object
    facts.is('object', socket[name] === object, true)
    socket[name] = null
    facts.is('null', socket[name], null)
    facts.is('own', Object.keys(socket), [])
  })
}

standard('an attribute that is an object is not called', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  let calls = 0
  socket.onmessage = { handleEvent: () => (calls += 1) }
  await once(socket, 'message')
  facts.is('calls', calls, 0)
})

standard('this in attributes and listeners', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const object = {
    handleEvent(event) {
      facts.is('object', [this === object, event.type], [true, 'message'])
    },
  }
  socket.addEventListener('message', object)
  socket.addEventListener('message', function () {
    facts.is('listener', this === socket, true)
  })
  socket.onmessage = function (event) {
    facts.is('attribute', [this === socket, arguments.length, event.type], [true, 1, 'message'])
  }
  await once(socket, 'message')
})

standard('handleEvent is looked up at each call', async (facts) => {
  const socket = facts.open('/numbered?n=3')
  const calls = []
  const object = {
    handleEvent: () => {
      calls.push(1)
      object.handleEvent = () => calls.push(2)
    },
  }
  socket.addEventListener('message', object)
  let count = 0
  await new Promise((resolve) => socket.addEventListener('message', () => (count += 1) === 3 && resolve()))
  facts.is('calls', calls, [1, 2, 2])
})

standard('once, duplicates, and removal', async (facts) => {
  const socket = facts.open('/numbered?n=3')
  const calls = []
  const one = () => calls.push('once')
  const twice = () => calls.push('twice')
  const removed = () => calls.push('removed')
  socket.addEventListener('message', one, { once: true })
  socket.addEventListener('message', one)
  socket.addEventListener('message', twice)
  socket.addEventListener('message', twice, { once: true })
  socket.addEventListener('message', twice, false)
  socket.addEventListener('message', removed)
  socket.removeEventListener('message', removed)
  socket.removeEventListener('message', () => {})
  socket.removeEventListener('message', null)
  let count = 0
  await new Promise((resolve) => socket.addEventListener('message', () => (count += 1) === 3 && resolve()))
  facts.is('calls', calls, ['once', 'twice', 'twice', 'twice'])
})

standard('capture comes first and is another listener', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const calls = []
  const both = (event) => calls.push(`both ${event.eventPhase}`)
  socket.addEventListener('message', () => calls.push('bubble'))
  socket.addEventListener('message', both)
  socket.addEventListener('message', both, true)
  socket.addEventListener('message', () => calls.push('capture'), { capture: true })
  socket.onmessage = () => calls.push('attribute')
  const gone = () => calls.push('gone')
  socket.addEventListener('message', gone, true)
  socket.removeEventListener('message', gone)
  socket.removeEventListener('message', gone, true)
  await once(socket, 'message')
  facts.is('calls', calls, ['both 2', 'capture', 'bubble', 'both 2', 'attribute'])
})

standard('stopping', async (facts) => {
  const calls = []
  const socket = facts.open('/numbered?n=1')
  socket.addEventListener('message', (event) => {
    calls.push(1)
    event.stopPropagation()
  })
  socket.addEventListener('message', (event) => {
    calls.push(2)
    event.stopImmediatePropagation()
    facts.is('cancelBubble', event.cancelBubble, true)
  })
  socket.addEventListener('message', () => calls.push(3))
  socket.onmessage = () => calls.push(4)
  await until(() => calls.length >= 2)
  await pause()
  facts.is('calls', calls, [1, 2])
  socket.close()
  await once(socket, 'close')
})

standard('stopping in a capturing listener', async (facts) => {
  const calls = []
  const socket = facts.open('/numbered?n=2')
  socket.addEventListener(
    'message',
    (event) => {
      calls.push('capture')
      event.stopPropagation()
    },
    true,
  )
  socket.addEventListener('message', () => calls.push('second'), true)
  socket.addEventListener('message', () => calls.push('bubble'))
  await until(() => calls.length >= 4)
  await pause()
  facts.is('calls', calls, ['capture', 'second', 'capture', 'second'])
})

standard('listeners added and removed while dispatching', async (facts) => {
  const socket = facts.open('/numbered?n=2')
  const calls = []
  const later = () => calls.push('later')
  const added = () => calls.push('added')
  socket.addEventListener('message', () => {
    calls.push('first')
    socket.removeEventListener('message', later)
    socket.addEventListener('message', added)
  })
  socket.addEventListener('message', later)
  let count = 0
  await new Promise((resolve) => socket.addEventListener('message', () => (count += 1) === 2 && resolve()))
  await pause()
  facts.is('calls', calls, ['first', 'first', 'added'])
})

standard('a bubbling listener that a capturing one adds', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const calls = []
  socket.addEventListener('message', () => socket.addEventListener('message', () => calls.push('added')), true)
  await once(socket, 'message')
  await pause()
  facts.is('calls', calls, ['added'])
})

standard('signals', async (facts) => {
  const socket = facts.open('/numbered?n=2')
  const calls = []
  const control = new AbortController()
  socket.addEventListener(
    'message',
    () => {
      calls.push('first')
      control.abort()
    },
    { signal: control.signal },
  )
  socket.addEventListener('message', () => calls.push('second'), { signal: control.signal })
  socket.addEventListener('message', () => calls.push('never'), { signal: AbortSignal.abort() })
  facts.throws('no signal', () => socket.addEventListener('message', () => {}, { signal: {} }), 'TypeError TypeError')
  facts.throws('null', () => socket.addEventListener('message', () => {}, { signal: null }), 'TypeError TypeError')
  let count = 0
  await new Promise((resolve) => socket.addEventListener('message', () => (count += 1) === 2 && resolve()))
  facts.is('calls', calls, ['first'])
})

standard('arguments of addEventListener', (facts) => {
  const socket = facts.open('/echo')
  facts.throws('null', () => socket.addEventListener('message', null), 'nothing')
  facts.throws('undefined', () => socket.addEventListener('message', undefined), 'nothing')
  facts.throws('text', () => socket.addEventListener('message', 'x'), 'TypeError TypeError')
  facts.throws('number', () => socket.addEventListener('message', 7), 'TypeError TypeError')
  facts.throws('one', () => socket.addEventListener('message'), 'TypeError TypeError')
  facts.throws('none', () => socket.addEventListener(), 'TypeError TypeError')
  facts.throws('null options', () => socket.addEventListener('message', () => {}, null), 'nothing')
  facts.throws('remove one', () => socket.removeEventListener('message'), 'TypeError TypeError')
  facts.throws('remove text', () => socket.removeEventListener('message', 'x'), 'TypeError TypeError')
  facts.is(
    'returns',
    socket.addEventListener('message', () => {}),
    undefined,
  )
})

standard('an exception stops no other listener and is reported', async (facts, t) => {
  const socket = facts.open('/numbered?n=1')
  const reported = []
  t.catchReports((error) => reported.push(error?.message))
  const calls = []
  socket.addEventListener('message', () => {
    throw new Error('one')
  })
  socket.addEventListener('message', {
    handleEvent() {
      throw new Error('two')
    },
  })
  socket.onmessage = () => {
    throw new Error('three')
  }
  socket.addEventListener('message', () => calls.push('called'))
  await once(socket, 'message')
  await pause()
  facts.is('calls', calls, ['called'])
  facts.is('reported', reported, ['one', 'two', 'three'])
})

standard('events dispatched by the program', async (facts) => {
  const socket = facts.open('/echo')
  const calls = []
  const listener = (event) =>
    calls.push(
      `${event.type} ${event.isTrusted} ${event.target === socket} ${event.currentTarget === socket} ${event.eventPhase}`,
    )
  for (const type of [...TYPES, 'mine']) socket.addEventListener(type, listener)
  socket.onmessage = () => calls.push('attribute')
  socket.addEventListener('message', () => calls.push('once'), { once: true })
  facts.is('returns', socket.dispatchEvent(new MessageEvent('message', { data: 'x' })), true)
  socket.dispatchEvent(new CloseEvent('close'))
  socket.dispatchEvent(new Event('mine'))
  socket.dispatchEvent(new Event('message'))
  facts.is('calls', calls, [
    'message false true true 2',
    'attribute',
    'once',
    'close false true true 2',
    'mine false true true 2',
    'message false true true 2',
    'attribute',
  ])
  facts.is('state', socket.readyState, 0)
  socket.addEventListener('mine', (event) => event.preventDefault())
  facts.is('prevented', socket.dispatchEvent(new Event('mine', { cancelable: true })), false)
  socket.onopen = () => false
  facts.is('prevented by an attribute', socket.dispatchEvent(new Event('open', { cancelable: true })), false)
  facts.throws('no event', () => socket.dispatchEvent({}), 'TypeError TypeError')
})

standard('stopping events dispatched by the program', (facts) => {
  const socket = facts.open('/echo')
  const calls = []
  socket.addEventListener('message', (event) => {
    calls.push(1)
    event.stopImmediatePropagation()
  })
  socket.addEventListener('message', () => calls.push(2))
  socket.onmessage = () => calls.push(3)
  socket.dispatchEvent(new Event('message'))
  facts.is('calls', calls, [1])
})

standard('once, used by an event dispatched by the program', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const calls = []
  socket.addEventListener('message', (event) => calls.push(event.isTrusted), { once: true })
  socket.dispatchEvent(new Event('message'))
  await once(socket, 'message')
  facts.is('calls', calls, [false])
})

standard('handleEvent that is no function', async (facts, t) => {
  const socket = facts.open('/numbered?n=1')
  let reported = 0
  t.catchReports(() => (reported += 1))
  socket.addEventListener('message', { handleEvent: 7 })
  socket.addEventListener('message', {})
  await once(socket, 'message')
  await pause()
  facts.note('reported', reported)
})

standard('microtasks run between listeners', async (facts) => {
  const socket = facts.open('/numbered?n=1')
  const order = []
  for (const name of ['one', 'two']) {
    socket.addEventListener('message', () => {
      order.push(name)
      Promise.resolve().then(() => order.push(`after ${name}`))
    })
  }
  socket.onclose = () => Promise.resolve().then(() => order.push('after close'))
  socket.addEventListener('close', () => order.push('close'))
  await once(socket, 'message')
  socket.close()
  await once(socket, 'close')
  await pause()
  facts.is('order', order, ['one', 'after one', 'two', 'after two', 'after close', 'close'])
})

standard('calls of the socket in listeners', async (facts) => {
  const socket = facts.open('/echo')
  const order = []
  socket.onopen = () => {
    order.push(`open ${socket.readyState}`)
    socket.send('one')
    socket.send('two')
  }
  socket.onmessage = ({ data }) => {
    order.push(`${data} ${socket.readyState}`)
    if (data === 'two') {
      socket.close(3333)
      order.push(`closing ${socket.readyState}`)
    }
  }
  socket.onclose = ({ code }) => order.push(`close ${code} ${socket.readyState}`)
  await once(socket, 'close')
  facts.is('order', order, ['open 1', 'one 1', 'two 1', 'closing 2', 'close 3333 3'])
})

standard('no event is dispatched within the constructor or a call', async (facts) => {
  const order = []
  const socket = facts.open('/echo')
  for (const type of TYPES) socket.addEventListener(type, () => order.push(type))
  order.push('made')
  await Promise.resolve()
  order.push('after a microtask')
  await once(socket, 'open')
  socket.close()
  order.push('called close')
  await Promise.resolve()
  order.push('after a microtask')
  await once(socket, 'close')
  facts.is('order', order, ['made', 'after a microtask', 'open', 'called close', 'after a microtask', 'close'])
})

standard('messages right after the handshake are not lost', async (facts) => {
  const socket = facts.open('/early?n=3')
  const got = []
  socket.onopen = () => got.push('open')
  socket.onmessage = ({ data }) => got.push(data)
  while (got.length < 4) await pause(5)
  facts.is('got', got, ['open', '0', '1', '2'])
})
