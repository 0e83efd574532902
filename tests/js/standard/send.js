// send(), binary messages, bufferedAmount.

import { once, pause, standard } from '../support/standard.js'

const INVALID = 'DOMException InvalidStateError 11'

const bytes = (...values) => Uint8Array.from(values)

/** Returns the received data in a comparable form. */
async function read(data) {
  if (typeof data === 'string') return `text ${data}`
  if (data instanceof Blob) return `blob ${data.type} ${new Uint8Array(await data.arrayBuffer())}`
  if (data instanceof ArrayBuffer) return `buffer ${new Uint8Array(data)}`
  return `? ${data}`
}

const VALUES = {
  'a text': () => 'hello',
  'an empty text': () => '',
  'text beyond ASCII': () => 'Grüße \u{1f600} \u4f60',
  'a null character': () => '\0',
  'unpaired surrogates': () => 'a\ud800b\udc00c',
  null: () => null,
  undefined: () => undefined,
  'a number': () => 12.5,
  'a boolean': () => true,
  'an object': () => ({}),
  'an array': () => [1, 2],
  'an object with toString': () => ({ toString: () => 'mine' }),
  'a String': () => new String('boxed'),
  'a function': () => Math.max,
  'an ArrayBuffer': () => bytes(1, 2, 3).buffer,
  'an empty ArrayBuffer': () => new ArrayBuffer(0),
  'a Uint8Array': () => bytes(1, 2, 3),
  'a part of a buffer': () => bytes(1, 2, 3, 4, 5).subarray(1, 4),
  'an Int8Array': () => new Int8Array([-1, 1]),
  'a Uint8ClampedArray': () => new Uint8ClampedArray([1, 255]),
  'an Int16Array': () => new Int16Array([1, -1]),
  'a Uint16Array': () => new Uint16Array([1, 2]),
  'an Int32Array': () => new Int32Array([1, 2]),
  'a Uint32Array': () => new Uint32Array([1, 2]),
  'a Float32Array': () => new Float32Array([1.5]),
  'a Float64Array': () => new Float64Array([1.5]),
  'a BigInt64Array': () => new BigInt64Array([1n]),
  'a DataView': () => new DataView(bytes(9, 8, 7).buffer, 1, 1),
  'a Blob': () => new Blob([bytes(1, 2), 'x']),
  'a Blob with a type': () => new Blob(['x'], { type: 'text/plain' }),
  'an empty Blob': () => new Blob([]),
  'a File': () => new File(['file'], 'name.txt'),
}

for (const [name, make] of Object.entries(VALUES)) {
  for (const type of ['blob', 'arraybuffer']) {
    standard(`send: ${name}, back as ${type}`, async (facts) => {
      const socket = facts.open('/echo')
      socket.binaryType = type
      await once(socket, 'open')
      facts.is('returns', socket.send(make()), undefined)
      facts.note('buffered', socket.bufferedAmount)
      const { data } = await once(socket, 'message')
      facts.note('data', await read(data))
    })
  }
}

standard('send: what cannot be text', async (facts) => {
  const socket = facts.open('/echo')
  facts.throws('symbol while connecting', () => socket.send(Symbol('x')), 'TypeError TypeError')
  facts.throws(
    'exception while connecting',
    () =>
      socket.send({
        toString: () => {
          throw new RangeError('x')
        },
      }),
    'RangeError RangeError',
  )
  await once(socket, 'open')
  facts.throws('symbol', () => socket.send(Symbol('x')), 'TypeError TypeError')
  facts.throws('nothing at all', () => socket.send(), 'TypeError TypeError')
  facts.throws(
    'exception',
    () =>
      socket.send({
        toString: () => {
          throw new RangeError('x')
        },
      }),
    'RangeError RangeError',
  )
  facts.is('buffered', socket.bufferedAmount, 0)
})

standard('send while connecting', (facts) => {
  const socket = facts.open('/stall')
  for (const value of ['x', new ArrayBuffer(1), bytes(1), new Blob(['x'])]) {
    facts.throws('thrown', () => socket.send(value), INVALID)
  }
  facts.throws('no argument', () => socket.send(), 'TypeError TypeError')
  facts.is('buffered', socket.bufferedAmount, 0)
})

for (const [name, value, length] of [
  ['text', 'hello', 5],
  ['text beyond ASCII', '\u4f60', 3],
  ['a buffer', new ArrayBuffer(7), 7],
  ['a view', new Uint16Array(2), 4],
  ['a blob', new Blob(['four']), 4],
]) {
  standard(`send after close(): ${name} only counts`, async (facts) => {
    const socket = facts.open('/echo')
    await once(socket, 'open')
    socket.close()
    facts.throws('closing', () => socket.send(value), 'nothing')
    facts.is('buffered', socket.bufferedAmount, length)
    await once(socket, 'close')
    facts.throws('closed', () => socket.send(value), 'nothing')
    facts.is('buffered', socket.bufferedAmount, 2 * length)
  })
}

standard('send without a connection', async (facts) => {
  const socket = facts.open('/http?status=403')
  await once(socket, 'close')
  facts.throws('thrown', () => socket.send('abc'), 'nothing')
  facts.is('buffered', socket.bufferedAmount, 3)
})

standard('bufferedAmount counts bytes until they have left', async (facts) => {
  const socket = facts.open('/count')
  facts.is('connecting', socket.bufferedAmount, 0)
  await once(socket, 'open')
  facts.is('open', socket.bufferedAmount, 0)
  const seen = []
  for (const value of ['abc', 'ü', '\u{1f600}', new ArrayBuffer(10), bytes(1, 2), new Blob(['xyz'])]) {
    socket.send(value)
    seen.push(socket.bufferedAmount)
  }
  facts.is('sums', seen, [3, 5, 9, 19, 21, 24])
  while (socket.bufferedAmount > 0) await pause(5)
  facts.is('left', socket.bufferedAmount, 0)
})

standard('bufferedAmount of large messages', async (facts) => {
  const socket = facts.open('/sink')
  await once(socket, 'open')
  socket.send('x'.repeat(65_000))
  facts.is('text', socket.bufferedAmount, 65_000)
  socket.send(new ArrayBuffer(100_000))
  facts.is('both', socket.bufferedAmount, 165_000)
})

standard('bufferedAmount stays after close()', async (facts) => {
  const socket = facts.open('/echo')
  await once(socket, 'open')
  socket.send('x')
  socket.close()
  socket.send('yy')
  facts.is('both', socket.bufferedAmount, 3)
  await once(socket, 'close')
  facts.note('at the end', socket.bufferedAmount >= 2)
})

standard('data is copied when send is called', async (facts) => {
  const socket = facts.open('/echo')
  socket.binaryType = 'arraybuffer'
  await once(socket, 'open')
  const data = bytes(1, 2, 3)
  socket.send(data)
  data.fill(9)
  facts.is('data', await read((await once(socket, 'message')).data), 'buffer 1,2,3')
})

standard('messages keep their order, whatever they are', async (facts) => {
  const socket = facts.open('/echo')
  socket.binaryType = 'arraybuffer'
  await once(socket, 'open')
  const got = []
  const done = new Promise((resolve) => {
    socket.onmessage = async ({ data }) => {
      got.push(typeof data === 'string' ? data : new Uint8Array(data)[0])
      if (got.length === 6) resolve()
    }
  })
  for (const value of ['a', bytes(1), new Blob([bytes(2)]), 'b', bytes(3), 'c']) socket.send(value)
  await done
  facts.is('order', got, ['a', 1, 2, 'b', 3, 'c'])
})

for (const size of [0, 125, 126, 65_535, 65_536, 1_000_000]) {
  standard(`a message of ${size} bytes`, async (facts) => {
    const socket = facts.open('/echo')
    socket.binaryType = 'arraybuffer'
    await once(socket, 'open')
    socket.send(new Uint8Array(size).fill(7))
    const { data } = await once(socket, 'message')
    facts.is('length', data.byteLength, size)
    facts.is(
      'all of it',
      new Uint8Array(data).every((byte) => byte === 7),
      true,
    )
    socket.send('ä'.repeat(size))
    facts.is('text', (await once(socket, 'message')).data.length, size)
  })
}

standard('binaryType', async (facts) => {
  const socket = facts.open('/echo')
  facts.is('default', socket.binaryType, 'blob')
  for (const value of ['arraybuffer', 'blob', 'arraybuffer', 'Blob', '', 'notBlobOrArrayBuffer', null, undefined, 0, {}, []]) {
    facts.throws('set', () => (socket.binaryType = value), 'nothing')
    facts.note(`after ${String(value)}`, socket.binaryType)
  }
  facts.throws('symbol', () => (socket.binaryType = Symbol('x')), 'TypeError TypeError')
  facts.is('object', ((socket.binaryType = { toString: () => 'blob' }), socket.binaryType), 'blob')
  await once(socket, 'open')
  socket.send(bytes(1))
  facts.is('blob', (await once(socket, 'message')).data.constructor.name, 'Blob')
  socket.binaryType = 'arraybuffer'
  socket.send(bytes(1))
  facts.is('buffer', (await once(socket, 'message')).data.constructor.name, 'ArrayBuffer')
  socket.close()
  facts.throws('closing', () => (socket.binaryType = 'blob'), 'nothing')
  await once(socket, 'close')
  socket.binaryType = 'arraybuffer'
  facts.is('closed', socket.binaryType, 'arraybuffer')
})
