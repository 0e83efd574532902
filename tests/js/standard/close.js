// close(), and what the peer's Close frame and a lost connection look like.

import { once, pause, standard } from '../support/standard.js'

const ACCESS = 'DOMException InvalidAccessError 15'
const SYNTAX = 'DOMException SyntaxError 12'

const CODES = [
  [1000, 'nothing'],
  [3000, 'nothing'],
  [4999, 'nothing'],
  ['3001', 'nothing'],
  [undefined, 'nothing'],
  [999.5, 'nothing'],
  [1000.5, 'nothing'],
  [1000.4, 'nothing'],
  [4999.5, ACCESS],
  [2999.5, 'nothing'],
  [3000.5, 'nothing'],
  [true, ACCESS],
  [0, ACCESS],
  [1, ACCESS],
  [500, ACCESS],
  [999, ACCESS],
  [1001, ACCESS],
  [1005, ACCESS],
  [1006, ACCESS],
  [1011, ACCESS],
  [1015, ACCESS],
  [2999, ACCESS],
  [5000, ACCESS],
  [65535, ACCESS],
  [65536, ACCESS],
  [66536, ACCESS],
  [-1, ACCESS],
  [NaN, ACCESS],
  [Infinity, ACCESS],
  [null, ACCESS],
  ['x', ACCESS],
  ['', ACCESS],
  [{}, ACCESS],
  [[3000], 'nothing'],
  [1n, 'TypeError TypeError'],
  [Symbol('x'), 'TypeError TypeError'],
]
for (const [code, expected] of CODES) {
  const shown = typeof code === 'bigint' ? `${code}n` : typeof code === 'object' ? JSON.stringify(code) : String(code)
  standard(`close(${shown})`, async (facts) => {
    const socket = facts.open('/echo')
    await once(socket, 'open')
    facts.throws('thrown', () => socket.close(code), expected)
    facts.is('state', socket.readyState, expected === 'nothing' ? 2 : 1)
    if (socket.readyState === 1) return
    const event = await once(socket, 'close')
    facts.note('code', event.code)
    facts.is('clean', event.wasClean, true)
  })
}

const LONG = 'x'.repeat(123)
const REASONS = [
  ['', 'nothing'],
  ['bye', 'nothing'],
  [LONG, 'nothing'],
  [`${LONG}x`, SYNTAX],
  ['ü'.repeat(61), 'nothing'],
  ['ü'.repeat(62), SYNTAX],
  ['\u{1f600}'.repeat(30), 'nothing'],
  ['\u{1f600}'.repeat(31), SYNTAX],
  ['\ud800', 'nothing'],
  ['\ud800'.repeat(42), SYNTAX],
  ['\udc00x', 'nothing'],
  [null, 'nothing'],
  [undefined, 'nothing'],
  [7, 'nothing'],
  [{}, 'nothing'],
  [Symbol('x'), 'TypeError TypeError'],
]
for (const [reason, expected] of REASONS) {
  standard(`close(3000, ${String(typeof reason === 'symbol' ? 'symbol' : JSON.stringify(reason))})`, async (facts) => {
    const socket = facts.open('/echo')
    await once(socket, 'open')
    facts.throws('thrown', () => socket.close(3000, reason), expected)
    if (socket.readyState === 1) return
    const event = await once(socket, 'close')
    facts.is('code', event.code, 3000)
    const said = (await facts.server.journal()).filter(([kind]) => kind === 'close').at(-1)
    facts.is('the server got', said?.[2], reason === undefined ? '' : `${reason}`.replace(/[\ud800-\udfff]/gu, '\ufffd'))
  })
}

standard('close(undefined, reason)', async (facts) => {
  const socket = facts.open('/echo')
  await once(socket, 'open')
  facts.throws('too long', () => socket.close(undefined, `${LONG}x`), SYNTAX)
  facts.throws('thrown', () => socket.close(undefined, 'why'), 'nothing')
  // Chromium treats the missing code as 0.
  if (socket.readyState === 1) return
  const event = await once(socket, 'close')
  facts.note('code', event.code)
})

standard('the code is checked before the reason', (facts) => {
  const socket = facts.open('/echo')
  facts.throws('thrown', () => socket.close(1, `${LONG}x`), ACCESS)
})

for (const code of [undefined, 1000, 4000]) {
  standard(`close(${code}) while connecting`, async (facts) => {
    const socket = facts.open('/stall')
    const order = []
    for (const type of ['open', 'error', 'close']) socket.addEventListener(type, () => order.push(`${type} ${socket.readyState}`))
    if (code === undefined) socket.close()
    else socket.close(code, 'early')
    facts.is('state', socket.readyState, 2)
    facts.is('nothing yet', order, [])
    socket.close()
    const event = await once(socket, 'close')
    facts.is('order', order, ['error 3', 'close 3'])
    facts.is('close', [event.code, event.reason, event.wasClean], [1006, '', false])
    await pause()
    facts.is('once', order.length, 2)
  })
}

standard('close() again and again', async (facts) => {
  const socket = facts.open('/echo')
  let closes = 0
  socket.onclose = () => {
    closes += 1
    socket.close()
    facts.is('inside', socket.readyState, 3)
  }
  await once(socket, 'open')
  socket.close(4000)
  socket.close(4001)
  facts.is('state', socket.readyState, 2)
  const event = await once(socket, 'close')
  facts.is('code', event.code, 4000)
  socket.close()
  socket.close(3000, 'late')
  facts.throws('still looked at', () => socket.close(1), ACCESS)
  await pause()
  facts.is('closes', closes, 1)
  facts.is('state', socket.readyState, 3)
})

standard('close() without arguments', async (facts) => {
  const socket = facts.open('/echo')
  await once(socket, 'open')
  facts.is('returns', socket.close(), undefined)
  const event = await once(socket, 'close')
  facts.is('close', [event.code, event.reason, event.wasClean], [1005, '', true])
})

for (const [code, reason] of [
  [undefined, ''],
  [1000, ''],
  [1000, 'done'],
  [1001, 'going'],
  [1008, 'policy'],
  [1011, 'oh'],
  [3000, 'x'],
  [4001, 'ü'],
  [4999, LONG],
]) {
  standard(`the server closes with ${code} ${reason}`, async (facts) => {
    const query = code === undefined ? '' : `?code=${code}&reason=${encodeURIComponent(reason)}`
    const socket = facts.open(`/close${query}`)
    const order = []
    for (const type of ['open', 'error', 'close']) socket.addEventListener(type, () => order.push(`${type} ${socket.readyState}`))
    const event = await once(socket, 'close')
    facts.is('close', [event.code, event.reason, event.wasClean], [code ?? 1005, reason, true])
    facts.note(
      'order',
      order.filter((entry) => !entry.startsWith('open')),
    )
    facts.is(
      'kind',
      [event.constructor.name, event.bubbles, event.cancelable, event.isTrusted],
      ['CloseEvent', false, false, true],
    )
  })
}

for (const path of ['/drop?after=1', '/rst?after=1']) {
  standard(`a connection that breaks as by ${path}`, async (facts) => {
    const socket = facts.open(path)
    const order = []
    for (const type of ['error', 'close']) socket.addEventListener(type, () => order.push(`${type} ${socket.readyState}`))
    await once(socket, 'open')
    socket.send('x')
    const event = await once(socket, 'close')
    facts.note('order', order)
    facts.is('close', [event.code, event.reason, event.wasClean], [1006, '', false])
  })
}

// Browsers may wait for the rest of a frame that is not complete. The server ends the connection after those.
const INCOMPLETE = ['8305', '8002', '81fe', '89fe0080'].map((hex) => `${hex}&then=fin`)
for (const hex of ['8104ffffffff', 'c10161', '0b00', '880103', '88020001', ...INCOMPLETE]) {
  standard(`a server that breaks the protocol with ${hex}`, async (facts) => {
    const socket = facts.open(`/raw?hex=${hex}`)
    const order = []
    for (const type of ['error', 'close']) socket.addEventListener(type, () => order.push(`${type} ${socket.readyState}`))
    const event = await once(socket, 'close')
    facts.note('order', order)
    facts.note('close', [event.code, event.reason, event.wasClean])
  })
}

standard('messages that arrive after close() are dropped', async (facts) => {
  const socket = facts.open('/numbered?n=50&every_ms=2')
  const got = []
  let closed = false
  socket.onmessage = () => {
    got.push(closed)
    if (got.length === 3) {
      socket.close()
      closed = true
    }
  }
  await once(socket, 'close')
  facts.is('got', got, [false, false, false])
})
