// The option `WebSocket`, and the names of the package's classes.

import { assert, throws } from '../support/assert.js'
import {
  connect,
  EndEvent,
  FailureEvent,
  HomingSocket,
  isByWs,
  LatencyEvent,
  log,
  Native,
  QUICK,
  ReconnectingEvent,
} from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

test('a class that throws leaves no socket open, in the first attempt and later', async (t) => {
  const reports = []
  t.catchReports((error) => reports.push(error))
  const says = (message) => {
    throw new Error(message)
  }
  const classes = [
    class extends Native {
      constructor(url, protocols) {
        super(url, protocols)
        t.onEnd(() => this.close())
        this.onerror = () => {}
        this.close()
        says('constructor')
      }
    },
    class extends Native {
      get binaryType() {
        return 'nodebuffer'
      }

      set binaryType(_type) {
        says('setter')
      }
    },
    class extends Native {
      get binaryType() {
        return says('getter')
      }
    },
    class extends Native {
      addEventListener(type, ...more) {
        if (type === 'open') says('attach')
        super.addEventListener(type, ...more)
      }
    },
  ]
  for (const WebSocket of classes) {
    const server = await t.server()
    const { message } = throws(() => connect(t, server.url('/echo'), { WebSocket }))
    assert.ok(['constructor', 'setter', 'getter', 'attach'].includes(message), message)
    await until(async () => (await server.command('connections')) === '0')
    // If the socket is created later, each attempt fails.
    const ws = connect(t, async () => server.url('/echo'), { WebSocket, reconnect: { ...QUICK, maxAttempts: 4 } })
    const entries = log(ws)
    const end = await ws.closed
    assert.deepEqual([end.reason, ws.stats.attempts, end.error.cause.message], ['exhausted', 5, message])
    assert.ok(!entries.includes('open'), entries)
    await until(async () => (await server.command('connections')) === '0')
  }
  assert.deepEqual(
    reports.map(({ message }) => message),
    [],
  )
})

test('a class whose getters throw does not stop its client', async (t) => {
  const reports = []
  t.catchReports((error) => reports.push(error.message))
  const server = await t.server()
  for (const member of ['bufferedAmount', 'protocol']) {
    const WebSocket = class extends Native {}
    const get = () => {
      throw new Error(member)
    }
    Object.defineProperty(WebSocket.prototype, member, { get })
    const ws = connect(t, server.url('/echo'), { WebSocket })
    // Reads the protocol.
    ws.opened.catch(() => {})
    await next(ws, 'open')
    ws.send('a')
    const { data } = await next(ws, 'message')
    const again = next(ws, 'open')
    ws.reconnect()
    await again
    ws.close()
    const { reason } = await ws.closed
    assert.deepEqual([data, reason], ['a', 'closed'])
    assert.ok(reports.splice(0).includes(member))
  }
  const setup = () => assert.fail('without its protocol')
  const WebSocket = class extends Native {
    get protocol() {
      throw new Error('protocol')
    }
  }
  const { error } = await connect(t, server.url('/echo'), { WebSocket, setup, reconnect: false }).closed
  assert.strictEqual(error.cause.message, 'protocol')
})

test('options passed as subprotocols are a named mistake', async (t) => {
  for (const wrong of [{ headers: { a: 'b' } }, { reconnect: false }, { protocols: [] }]) {
    const { message } = throws(() => new HomingSocket('ws://127.0.0.1:9/', wrong), 'TypeError')
    assert.ok(message.includes('protocols must be a string or an array') && message.includes('third argument'), message)
    const ws = connect(t, 'ws://127.0.0.1:9/', { protocols: () => wrong, reconnect: { ...QUICK, maxAttempts: 0 } })
    const { error } = await ws.closed
    assert.deepEqual([error.cause.name, error.cause.message], ['TypeError', message])
  }
})

test('headers need a class that supports them', () => {
  for (const option of [{ headers: { a: 'b' } }, { webSocketOptions: {} }]) {
    for (const WebSocket of new Set([undefined, globalThis.WebSocket])) {
      const { message } = throws(() => new HomingSocket('ws://127.0.0.1:9/', [], { ...option, WebSocket }), 'TypeError')
      assert.ok(message.includes('headers') && message.includes('browser'), message)
    }
  }
  throws(() => new HomingSocket('ws://127.0.0.1:9/', [], { WebSocket: Native, headers: 'a: b' }), 'TypeError')
  throws(() => new HomingSocket('ws://127.0.0.1:9/', [], { WebSocket: Native, webSocketOptions: null }), 'TypeError')
})

test('headers and options are the third argument of the class', async (t) => {
  const server = await t.server()
  const given = []
  class Taking extends Native {
    constructor(...args) {
      given.push(args.slice(1))
      super(args[0])
    }
  }
  const options = { WebSocket: Taking, webSocketOptions: { family: 4 }, headers: { 'x-token': 'abc' } }
  await next(connect(t, server.url('/echo'), options), 'open')
  await next(connect(t, server.url('/echo'), { ...options, headers: undefined, protocols: ['a'] }), 'open')
  await next(connect(t, server.url('/echo'), { WebSocket: Taking }), 'open')
  assert.deepEqual(given, [[undefined, { family: 4, headers: { 'x-token': 'abc' } }], [['a'], { family: 4 }], []])
})

test('classes keep their names in the built package', async (t) => {
  const ws = connect(t, 'ws://127.0.0.1:9/')
  assert.deepEqual(
    [ws.constructor.name, HomingSocket.name, class Other extends HomingSocket {}.name],
    ['HomingSocket', 'HomingSocket', 'Other'],
  )
  const events = [EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent]
  assert.deepEqual(
    events.map(({ name }) => name),
    ['EndEvent', 'FailureEvent', 'LatencyEvent', 'ReconnectingEvent'],
  )
})

if (isByWs) {
  test('headers are sent by the class of ws', async (t) => {
    const server = await t.server()
    const ws = connect(t, server.url('/headers'), { headers: { 'x-token': 'abc' } })
    const { data } = await next(ws, 'message')
    assert.ok(data.toLowerCase().includes('x-token') && data.includes('abc'), data)
  })

  test('the class of ws accepts more close codes', async (t) => {
    for (const code of [1001, 1011, 1014]) {
      const server = await t.server()
      const ws = connect(t, server.url('/count'))
      await next(ws, 'open')
      ws.close(code, 'going')
      await ws.closed
      assert.ok(
        (await server.journal()).some((entry) => `${entry}` === `close,${code},going`),
        await server.journal(),
      )
      // While the client connects, and while it waits.
      const early = connect(t, server.url('/stall'))
      early.close(code)
      assert.strictEqual((await early.closed).reason, 'closed')
      await server.command('stop')
      const waiting = connect(t, server.url('/echo'), { reconnect: { min: 60_000, max: 60_000 } })
      await next(waiting, 'reconnecting')
      waiting.close(code)
      assert.strictEqual((await waiting.closed).reason, 'closed')
    }
  })

  test('the class of ws gets the arguments of close() as browsers convert them', async (t) => {
    const cases = [
      [['3000'], ['3000', '']],
      [[1000.4], ['1000', '']],
      [
        [[3001], 7],
        ['3001', '7'],
      ],
    ]
    for (const [given, expected] of cases) {
      const server = await t.server()
      const ws = connect(t, server.url('/count'))
      await next(ws, 'open')
      ws.close(...given)
      await ws.closed
      const closes = (await server.journal()).filter(([kind]) => kind === 'close')
      assert.deepEqual(closes, [['close', ...expected]])
    }
  })

  test('binary messages are blobs even if the class has none', async (t) => {
    const server = await t.server()
    // Like ws before version 8, which ignores unknown values.
    class Seven extends Native {
      get binaryType() {
        return super.binaryType
      }

      set binaryType(type) {
        if (type !== 'blob') super.binaryType = type
      }
    }
    const ws = connect(t, server.url('/echo'), { WebSocket: Seven })
    ws.send(Uint8Array.of(1, 2))
    const { data } = await next(ws, 'message')
    assert.ok(data instanceof Blob && ws.binaryType === 'blob', data)
    assert.deepEqual([...new Uint8Array(await data.arrayBuffer())], [1, 2])
    ws.binaryType = 'arraybuffer'
    ws.send(Uint8Array.of(3))
    assert.ok((await next(ws, 'message')).data instanceof ArrayBuffer)
    ws.send('text')
    assert.strictEqual((await next(ws, 'message')).data, 'text')
  })
}
