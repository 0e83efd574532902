// Set-up: a session before the client is open.

import { assert, rejects, throws } from '../support/assert.js'
import { connect, entry, FailureEvent, log, Native, QUICK, SetupError, where } from '../support/homing.js'
import { test } from '../support/test.js'
import { next, until } from '../support/wait.js'

/** Logs in at the test server's `/login`. */
async function login(session) {
  session.send('login token')
  assert.strictEqual(await session.receive(), 'welcome')
}

/** Returns whether an entry of `log` is a message or the opening. */
const isDelivery = (entry) => /^(open|message)/.test(entry)

test('s27_setup_runs_before_open_and_before_the_queue', async (t) => {
  const server = await t.server()
  const seen = []
  const ws = connect(t, server.url('/login'), {
    setup: async (session) => {
      seen.push([ws.readyState, ws.state, session.protocol, session.extensions])
      ws.send('sent by the client')
      await login(session)
      seen.push([ws.readyState, ws.state, ws.stats.openFor, ws.stats.reconnects])
    },
  })
  const entries = log(ws)
  ws.addEventListener('open', () => ws.send('sent by open'))
  ws.send('queued')
  for (const expected of [1, 2]) {
    await until(() => entries.filter((entry) => entry === 'message sent by the client').length === expected)
    if (expected === 1) await server.command('cut_all')
  }
  const connecting = [0, 'connecting', '', '']
  const done = [0, 'connecting', undefined, 0]
  assert.deepEqual(seen, [connecting, done, connecting, done])
  // Deno dispatches an error event for a connection that breaks.
  const others = entries.filter((entry) => entry !== 'error')
  assert.deepEqual(others, [
    ...['open', 'message sent by open', 'message queued', 'message sent by the client', 'close 1006', 'reconnecting'],
    ...['open', 'message sent by open', 'message sent by the client'],
  ])
  assert.strictEqual(ws.stats.reconnects, 1)
})

test('s27_a_set_up_error_of_another_entry_is_one', async (t) => {
  if (where === 'page') t.skip('pages load one entry')
  const server = await t.server()
  const other = await import(['homing/wasm', 'homing'][+(entry === 'wasm')])
  assert.ok(other.SetupError !== SetupError)
  const setup = () => {
    throw new other.SetupError('refused', { code: 4401, fatal: true })
  }
  assert.strictEqual((await connect(t, server.url('/echo'), { setup }).closed).reason, 'fatal')
})

test('s14_a_listener_sends_while_the_full_queue_is_about_to_leave', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/numbered?n=1'), {
    maxSendBuffer: 10,
    setup: () => until(() => ws.stats.messagesReceived === 1),
  })
  const entries = log(ws)
  ws.send('0123456789')
  ws.addEventListener('message', () => ws.send('reply'), { once: true })
  await until(() => entries.includes('message reply'))
  const others = entries.filter((entry) => entry !== 'drain')
  assert.deepEqual(others, ['open', 'message 0', 'message 0123456789', 'message reply'])
})

test('s27_messages_that_setup_has_not_taken_follow_open_in_order', async (t) => {
  const server = await t.server()
  const taken = []
  const ws = connect(t, server.url('/numbered?n=6'), {
    setup: async (session) => {
      // Two readers at a time get messages in order.
      taken.push(...(await Promise.all([session.receive(), session.receive()])))
      for await (const data of session) {
        taken.push(data)
        break
      }
      await until(() => ws.stats.messagesReceived === 6)
    },
  })
  const entries = log(ws)
  const kinds = []
  ws.addEventListener('message', (event) => {
    kinds.push(event.target === ws && ws.readyState === 1)
  })
  await until(() => kinds.length === 3)
  ws.send('last')
  await until(() => kinds.length === 4)
  assert.deepEqual(taken, ['0', '1', '2'])
  assert.deepEqual(entries, ['open', 'message 3', 'message 4', 'message 5', 'message last'])
  assert.deepEqual(kinds, [true, true, true, true])
})

test('s27_messages_before_the_peers_close_frame_are_delivered_after_open', async (t) => {
  const server = await t.server()
  let isClosing = false
  // The platform has received a Close frame, and the connection has not ended.
  class Closing extends Native {
    get readyState() {
      return isClosing ? 2 : super.readyState
    }
  }
  const ws = connect(t, server.url('/numbered?n=3'), {
    WebSocket: Closing,
    setup: async () => {
      await until(() => ws.stats.messagesReceived === 3)
      isClosing = true
    },
  })
  const entries = log(ws)
  await ws.opened
  isClosing = false
  assert.deepEqual(entries, ['open', 'message 0', 'message 1', 'message 2'])
})

test('s27_close_and_reconnect_in_open_end_the_delivery_of_what_setup_has_not_taken', async (t) => {
  const server = await t.server()
  for (const act of ['close', 'reconnect']) {
    let calls = 0
    const ws = connect(t, server.url('/numbered?n=3'), {
      setup: async () => {
        calls += 1
        if (calls === 1) await until(() => ws.stats.messagesReceived === 3)
      },
    })
    const entries = log(ws)
    ws.addEventListener('message', () => calls === 1 && ws[act]())
    if (act === 'close') await ws.closed
    else await until(() => entries.includes('message 2'))
    const second = act === 'close' ? [] : ['open', 'message 0', 'message 1', 'message 2']
    assert.deepEqual(entries.filter(isDelivery), ['open', 'message 0', ...second], act)
  }
})

test('s27_binary_messages_arrive_in_setup_by_binary_type', async (t) => {
  const server = await t.server()
  const got = []
  const ws = connect(t, server.url('/echo'), {
    setup: async (session) => {
      session.send(Uint8Array.of(1, 2))
      got.push(await session.receive())
      ws.binaryType = 'arraybuffer'
      session.send(new Blob(['abc']))
      got.push(await session.receive())
    },
  })
  assert.deepEqual(await ws.opened, { protocol: '', extensions: ws.extensions })
  assert.deepEqual([got[0] instanceof Blob, got[0].size], [true, 2])
  assert.deepEqual([got[1] instanceof ArrayBuffer, got[1].byteLength], [true, 3])
})

test('s27_a_setup_that_fails_is_an_error_with_its_cause_and_is_retried', async (t) => {
  const server = await t.server()
  const causes = [new Error('not today'), 'neither today', undefined]
  const attempts = []
  const ws = connect(t, server.url('/echo'), {
    setup: (_, { signal }) => {
      attempts.push(signal)
      // The first throws, the others return a promise.
      if (attempts.length === 1) throw causes[0]
      return attempts.length < 4 ? Promise.reject(causes[attempts.length - 1]) : undefined
    },
  })
  const entries = log(ws)
  const errors = []
  ws.addEventListener('error', (event) => errors.push([event instanceof FailureEvent, event.error?.message, event.error?.cause]))
  ws.send('queued')
  await until(() => entries.includes('message queued'))
  const failed = ['error', 'close 1006', 'reconnecting']
  assert.deepEqual(entries, [...failed, ...failed, ...failed, 'open', 'message queued'])
  assert.deepEqual(errors, [
    [true, 'homing: the set-up failed: not today', causes[0]],
    [true, 'homing: the set-up failed: neither today', causes[1]],
    [true, 'homing: the set-up failed: undefined', causes[2]],
  ])
  assert.deepEqual(
    attempts.map((signal) => signal.aborted),
    [true, true, true, false],
  )
})

test('s27_a_setup_may_fail_with_any_value', async (t) => {
  const server = await t.server()
  const values = [Symbol('why'), Object.create(null), Object.assign(new Error(), { message: {} })]
  const errors = []
  const setup = async () => {
    if (errors.length < values.length) throw values[errors.length]
  }
  const ws = connect(t, server.url('/echo'), { setup })
  ws.addEventListener('error', ({ error }) => errors.push(error))
  await next(ws, 'open')
  assert.deepEqual(
    errors.map(({ message }) => message),
    ['Symbol(why)', '', '[object Object]'].map((text) => `homing: the set-up failed: ${text}`),
  )
  assert.ok(errors.every(({ cause }, index) => cause === values[index]))
})

test('s27_what_is_sent_when_a_setup_fails_waits_for_the_next_one', async (t) => {
  const server = await t.server()
  let calls = 0
  const ws = connect(t, server.url('/login'), {
    setupTimeout: 300,
    setup: async (session, { signal }) => {
      calls += 1
      if (calls > 2) return login(session)
      signal.addEventListener('abort', () => ws.send(`${calls} ${ws.readyState}`))
      // The first fails, the second takes too long.
      await new Promise((_, reject) => calls === 1 && reject(new Error('not yet')))
    },
  })
  const entries = log(ws)
  await until(() => entries.filter(isDelivery).length === 3)
  assert.deepEqual(entries.filter(isDelivery), ['open', 'message 1 0', 'message 2 0'])
})

test('s27_a_setup_error_chooses_the_close_frame_and_the_end', async (t) => {
  const server = await t.server()
  const error = new SetupError('login refused', { code: 4401, reason: 'expired', fatal: true })
  const options = { setup: () => Promise.reject(error) }
  const ws = connect(t, server.url('/echo'), options)
  const entries = log(ws)
  const end = await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'end fatal'])
  assert.deepEqual([end.reason, end.error.cause === error], ['fatal', true])
  await until(async () => (await server.journal()).some((entry) => `${entry}` === 'close,4401,expired'))

  // The predicate decides instead, if there is one.
  let asked = 0
  const shouldReconnect = () => (asked += 1) < 3
  const declined = connect(t, server.url('/echo'), { ...options, reconnect: { ...QUICK, shouldReconnect } })
  assert.strictEqual((await declined.closed).reason, 'declined')
  assert.strictEqual(asked, 3)
})

test('s27_a_setup_error_is_checked', () => {
  for (const code of [999, 1001, 1006, 2999, 5000]) throws(() => new SetupError('', { code }), 'InvalidAccessError')
  throws(() => new SetupError('', { code: 4000, reason: 'ü'.repeat(62) }), 'SyntaxError')
  const cause = new Error('why')
  const error = new SetupError('text', { cause, code: 1000 })
  assert.ok(error instanceof Error)
  const { name, message, code, reason, fatal } = error
  assert.deepEqual([name, message, code, reason, fatal], ['SetupError', 'text', 1000, undefined, false])
  assert.strictEqual(error.cause, cause)
  assert.strictEqual(new SetupError('text').code, 1000)
})

test('s27_a_setup_that_never_ends_times_out', async (t) => {
  const server = await t.server()
  const sessions = []
  const ws = connect(t, server.url('/flood?n=2000&size=1000'), {
    reconnect: { ...QUICK, maxAttempts: 1 },
    setupTimeout: 100,
    // One receives without bound, the other not at all.
    setup: async (session, { signal }) => {
      sessions.push([session, signal])
      if (sessions.length === 1) await new Promise(() => {})
      for await (const data of session) assert.strictEqual(data.length, 1000)
    },
  })
  const entries = log(ws)
  const end = await ws.closed
  assert.deepEqual(entries, ['error', 'close 1006', 'reconnecting', 'error', 'close 1006', 'end exhausted'])
  assert.strictEqual(end.error.message, 'homing: set-up timeout')
  for (const [session, signal] of sessions) {
    assert.ok(signal.aborted)
    throws(() => session.send('late'), 'InvalidStateError')
    assert.strictEqual((await rejects(session.receive())).name, 'InvalidStateError')
  }
})

test('s27_the_open_timeout_does_not_count_for_setup', async (t) => {
  const server = await t.server()
  let calls = 0
  const ws = connect(t, server.url('/echo'), {
    openTimeout: 1000,
    setup: () => {
      calls += 1
      return new Promise((resolve) => setTimeout(resolve, 1500))
    },
  })
  const entries = log(ws)
  await ws.opened
  // Attempts whose handshake took longer than a second failed before, without a set-up.
  assert.deepEqual([calls, entries.at(-1)], [1, 'open'])
})

test('s27_close_inside_of_setup_abandons_the_attempt', async (t) => {
  const server = await t.server()
  const controller = new AbortController()
  for (const act of [(ws) => ws.close(4000, 'no'), () => controller.abort()]) {
    const result = {}
    const ws = connect(t, server.url('/echo'), {
      signal: controller.signal,
      setup: async (session, { signal }) => {
        const isAborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve(true)))
        act(ws)
        result.states = [ws.readyState, ws.state]
        result.error = await rejects(session.receive())
        result.isAborted = await isAborted
        // Its result has no effect.
        throw new SetupError('too late', { fatal: true })
      },
    })
    const entries = log(ws)
    const end = await ws.closed
    await until(() => result.isAborted)
    assert.deepEqual(entries, ['close 1006', 'end closed'])
    assert.deepEqual([end.reason, end.error], ['closed', undefined])
    assert.deepEqual([result.states, result.error.name], [[2, 'closing'], 'InvalidStateError'])
  }
})

test('s27_reconnect_inside_of_setup_starts_the_next_attempt', async (t) => {
  const server = await t.server()
  const signals = []
  const ws = connect(t, server.url('/numbered?n=2'), {
    setup: async (session, { signal }) => {
      signals.push(signal)
      if (signals.length > 1) return undefined
      assert.strictEqual(await session.receive(), '0')
      ws.reconnect()
      ws.send('for the next one')
      return new Promise(() => {})
    },
  })
  const entries = log(ws)
  await until(() => entries.includes('message for the next one'))
  assert.deepEqual(
    entries.filter((entry) => entry !== 'reconnecting'),
    ['close 1006', 'open', 'message 0', 'message 1', 'message for the next one'],
  )
  assert.deepEqual([signals[0].aborted, signals[1].aborted], [true, false])
})

test('s27_a_connection_that_breaks_ends_setup', async (t) => {
  const server = await t.server()
  const errors = []
  let isRunning = false
  const ws = connect(t, server.url('/echo'), {
    setup: async (session, { signal }) => {
      if (errors.length > 0) return
      isRunning = true
      // It ends before the program is notified.
      ws.addEventListener('close', () => errors.unshift(signal.aborted), { once: true })
      errors.push(await rejects(session.receive()), signal.aborted)
      throw errors[1]
    },
  })
  const entries = log(ws)
  await until(() => isRunning)
  const opened = next(ws, 'open')
  await server.command('cut_all')
  await opened
  assert.deepEqual([errors[0], errors[1].name, errors[2]], [true, 'InvalidStateError', true])
  assert.deepEqual(entries.slice(-3), ['close 1006', 'reconnecting', 'open'])
})

test('s27_a_setup_that_ends_late_does_not_open_the_next_connection', async (t) => {
  const server = await t.server()
  const ends = []
  const ws = connect(t, server.url('/echo'), { setup: () => new Promise((resolve) => ends.push(resolve)) })
  await until(() => ends.length === 1)
  await server.command('cut_all')
  await until(() => ends.length === 2)
  ends[0]()
  // After all microtasks.
  await new Promise((resolve) => setTimeout(resolve))
  assert.strictEqual(ws.state, 'connecting')
  ends[1]()
  await next(ws, 'open')
})

test('s27_a_close_frame_of_the_peer_ends_setup_with_its_code', async (t) => {
  const server = await t.server()
  const paths = { '/login?uses=0': 4401, '/close?code=1008': 1008 }
  for (const [path, code] of Object.entries(paths)) {
    const ws = connect(t, server.url(path), { setup: login, reconnect: { ...QUICK, maxAttempts: 0 } })
    const entries = log(ws)
    const { reason, cause } = await ws.closed
    assert.deepEqual([reason, cause.code], [code === 1008 ? 'fatal' : 'exhausted', code])
    assert.deepEqual(entries, [`close ${code}`, `end ${reason}`])
  }
})

test('s27_the_session_ends_with_setup', async (t) => {
  const server = await t.server()
  let kept
  const ws = connect(t, server.url('/echo'), {
    setup: (session, context) => {
      kept = { session, ...context, forgotten: session.receive() }
      // No promise: the client is open at once.
      return 'done'
    },
  })
  const entries = log(ws)
  await next(ws, 'open')
  throws(() => kept.session.send('late'), 'InvalidStateError')
  for (const promise of [kept.forgotten, kept.session.receive(), kept.session[Symbol.asyncIterator]().next()]) {
    assert.strictEqual((await rejects(promise)).name, 'InvalidStateError')
  }
  ws.send('on')
  await until(() => entries.includes('message on'))
  assert.strictEqual(kept.signal.aborted, false)
  ws.close()
  await ws.closed
  assert.strictEqual(kept.signal.aborted, false)
})

test('s27_heartbeats_wait_for_setup', async (t) => {
  const server = await t.server()
  const seen = []
  const ws = connect(t, server.url('/echo'), {
    heartbeat: { message: 'beat', interval: 20, timeout: 5000, isReply: (data) => data === 'beat' },
    setup: async (session) => {
      session.send('beat')
      // It is not taken for an answer.
      seen.push(await session.receive(), ws.stats.lastRtt)
      await new Promise((resolve) => setTimeout(resolve, 200))
      seen.push(ws.stats.heartbeats)
    },
  })
  await next(ws, 'latency')
  assert.deepEqual(seen, ['beat', undefined, 0])
})

test('s27_setup_runs_without_queue_and_reconnect', async (t) => {
  const server = await t.server()
  const names = []
  const ws = connect(t, server.url('/login'), {
    queue: false,
    reconnect: false,
    setup: async (session) => {
      names.push(throws(() => ws.send('early')).name)
      await login(session)
    },
  })
  const entries = log(ws)
  await next(ws, 'open')
  ws.send('on time')
  await until(() => entries.includes('message on time'))
  assert.deepEqual(names, ['InvalidStateError'])
})

test('s27_listeners_of_open_are_called_once_for_each_connection', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/echo'), { setup: () => new Promise((resolve) => setTimeout(resolve)) })
  const calls = []
  ws.addEventListener('open', () => calls.push('once'), { once: true })
  ws.addEventListener('open', ({ type, target }) => calls.push(`${type} ${target === ws}`), { capture: true })
  ws.onopen = () => calls.push('attribute')
  await until(() => calls.length === 3)
  await server.command('cut_all')
  await until(() => calls.length === 5)
  assert.deepEqual(calls.toSorted(), ['attribute', 'attribute', 'once', 'open true', 'open true'])
})

/** How often a client logs in. Pages take longer for it than processes. */
const LOGINS = where === 'node' ? 1000 : 100

test('s27_many_logins_lose_double_and_refuse_no_message', async (t) => {
  const server = await t.server()
  const ws = connect(t, server.url('/login'), { setup: login })
  const got = []
  const codes = new Set()
  ws.addEventListener('close', ({ code }) => codes.add(code))
  ws.addEventListener('open', () => ws.send(`open ${ws.stats.attempts}`))
  await new Promise((resolve) => {
    ws.addEventListener('message', ({ data }) => {
      got.push(data)
      if (!data.startsWith('queued')) return
      if (ws.stats.attempts >= LOGINS) return resolve()
      ws.reconnect()
      // Without a connection.
      ws.send(`queued ${ws.stats.attempts + 1}`)
    })
    ws.send('queued 1')
  })
  const expected = Array.from({ length: LOGINS }, (_, index) => [`open ${index + 1}`, `queued ${index + 1}`]).flat()
  assert.deepEqual(got, expected)
  assert.deepEqual([...codes], [1000])
})
