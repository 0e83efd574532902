// The constructor: URLs, subprotocols, exceptions.

import { once, standard } from '../support/standard.js'

const SYNTAX = 'DOMException SyntaxError 12'

const BAD_URLS = [
  'ftp://localhost/',
  'mailto:a@example.org',
  'about:blank',
  'blob:x',
  'data:text/plain,x',
  'file:///tmp',
  'javascript:0',
  'ws://host/#',
  'ws://host/#fragment',
  'wss://host/path#a',
  'http://host/#x',
  'https://host/#',
  'ws://host:70000/',
  'ws://ho st/',
  'ws://[::1/',
  'ws://a|b/',
  'ws://%zz/',
  'ws:///',
  'wss://',
  'x:y',
]
for (const url of BAD_URLS) {
  standard(`the URL ${url} is refused`, (facts) => facts.throws('thrown', () => facts.create(url), SYNTAX))
}

// URLs of closed ports; only the socket's URL is checked.
const URLS = [
  ['ws://localhost:9', 'ws://localhost:9/'],
  ['WS://LOCALHOST:9/', 'ws://localhost:9/'],
  ['ws://localhost:80/', 'ws://localhost/'],
  ['wss://localhost:443/', 'wss://localhost/'],
  ['wss://localhost:9/', 'wss://localhost:9/'],
  ['http://localhost:9/a', 'ws://localhost:9/a'],
  ['https://localhost:9/a', 'wss://localhost:9/a'],
  ['ws://localhost:9/a b', 'ws://localhost:9/a%20b'],
  ['ws://localhost:9/?a=b&c=%20d', 'ws://localhost:9/?a=b&c=%20d'],
  ['ws://localhost:9/ü?ü', 'ws://localhost:9/%C3%BC?%C3%BC'],
  ['ws://localhost:9/../a/./b', 'ws://localhost:9/a/b'],
  ['ws://127.1:9/', 'ws://127.0.0.1:9/'],
  [' ws://localhost:9/ ', 'ws://localhost:9/'],
  ['ws://localhost:9/\ta', 'ws://localhost:9/a'],
]
for (const [url, expected] of URLS) {
  standard(`the URL ${JSON.stringify(url)} is ${expected}`, (facts) => facts.is('url', facts.create(url).url, expected))
}

standard('relative URLs are resolved against the page', (facts) => {
  const base = location.href.replace(/^http/, 'ws')
  for (const url of ['', '/a', 'b', '?c', '//localhost:9/', '/x:y']) {
    // Not all browsers support this yet.
    facts.throws(url, () => facts.is(url, facts.create(url).url, new URL(url, base).href), 'nothing')
  }
})

standard('an object is converted to text', (facts) => {
  facts.is('URL', facts.create(new URL('ws://localhost:9/a')).url, 'ws://localhost:9/a')
  facts.is('object', facts.create({ toString: () => 'ws://localhost:9/b' }).url, 'ws://localhost:9/b')
  facts.throws('symbol', () => facts.create(Symbol('x')), 'TypeError TypeError')
  facts.throws(
    'exception',
    () =>
      facts.create({
        toString: () => {
          throw new RangeError('x')
        },
      }),
    'RangeError RangeError',
  )
})

standard('it needs an argument, and new', (facts) => {
  facts.throws('none', () => facts.create(), 'TypeError TypeError')
  facts.throws('without new', () => facts.Class('ws://localhost:9/'), 'TypeError TypeError')
})

const BAD_PROTOCOLS = [
  '',
  'a, b',
  'a b',
  'a,b',
  'a;b',
  'a=b',
  'a/b',
  '(a)',
  '[a]',
  '{a}',
  'a@b',
  '"a"',
  '<a>',
  'a\\b',
  'a?b',
  'a:b',
  '\u0080a',
  'ä',
  'a\u007f',
  'a\tb',
  'a\nb',
  ' a',
  'a ',
  '\u0000',
  'a\u{1f600}',
]
for (const protocol of BAD_PROTOCOLS) {
  standard(`the subprotocol ${JSON.stringify(protocol)} is refused`, (facts) => {
    facts.throws('as text', () => facts.create('ws://localhost:9/', protocol), SYNTAX)
    facts.throws('in a list', () => facts.create('ws://localhost:9/', ['a', protocol]), SYNTAX)
  })
}

const GOOD_PROTOCOLS = ['a', 'A', 'chat', "a!#$%&'*+-.^_`|~0", 'constructor', '__proto__', 'undefined']
for (const protocol of GOOD_PROTOCOLS) {
  standard(`the subprotocol ${JSON.stringify(protocol)} is offered`, async (facts) => {
    const socket = facts.open('/protocol', protocol)
    facts.is('before', socket.protocol, '')
    await once(socket, 'open')
    facts.is('chosen', socket.protocol, protocol)
  })
}

standard('duplicate subprotocols are refused', (facts) => {
  facts.throws('same', () => facts.create('ws://localhost:9/', ['a', 'b', 'a']), SYNTAX)
  facts.throws('other case', () => facts.create('ws://localhost:9/', ['a', 'A']), 'nothing')
})

standard('subprotocols may be any iterable', async (facts) => {
  facts.throws('empty', () => facts.create('ws://localhost:9/', []), 'nothing')
  facts.throws('undefined', () => facts.create('ws://localhost:9/', undefined), 'nothing')
  facts.throws('null', () => facts.create('ws://localhost:9/', null), 'nothing')
  facts.throws('number', () => facts.create('ws://localhost:9/', 1), 'nothing')
  facts.throws('object', () => facts.create('ws://localhost:9/', {}), SYNTAX)
  facts.throws('set', () => facts.create('ws://localhost:9/', new Set(['a', 'b'])), 'nothing')
  facts.throws('symbols', () => facts.create('ws://localhost:9/', [Symbol('a')]), 'TypeError TypeError')
  const socket = facts.open('/protocol?answer=two', ['one', 'two'])
  await once(socket, 'open')
  facts.is('chosen', socket.protocol, 'two')
})

standard('the URL is checked before the subprotocols', (facts) => {
  const order = []
  const url = { toString: () => (order.push('url'), 'ftp://x/') }
  const protocols = { [Symbol.iterator]: () => (order.push('protocols'), [][Symbol.iterator]()) }
  facts.throws('both bad', () => facts.create(url, protocols), SYNTAX)
  facts.is('order', order, ['url', 'protocols'])
})

for (const path of ['/http?status=404', '/bad-accept', '/no-upgrade', '/protocol?answer=other', '/garbage', '/rst']) {
  standard(`a handshake refused as by ${path}`, async (facts) => {
    const socket = facts.open(path, path.startsWith('/protocol') ? ['mine'] : undefined)
    const order = []
    for (const type of ['open', 'error', 'close']) socket.addEventListener(type, () => order.push(`${type} ${socket.readyState}`))
    const event = await once(socket, 'close')
    if (path !== '/rst') facts.is('order', order, ['error 3', 'close 3'])
    facts.is('close', [event.code, event.reason, event.wasClean], [1006, '', false])
  })
}

standard('a closed port', async (facts) => {
  await facts.server.command('stop')
  const socket = facts.open('/echo')
  const order = []
  for (const type of ['open', 'error', 'close']) {
    socket.addEventListener(type, (event) =>
      order.push([type, socket.readyState, event.constructor.name, event.target === socket]),
    )
  }
  const event = await once(socket, 'close')
  facts.is('order', order, [
    ['error', 3, 'Event', true],
    ['close', 3, 'CloseEvent', true],
  ])
  facts.is('close', [event.code, event.reason, event.wasClean], [1006, '', false])
  facts.is('attributes', [socket.protocol, socket.extensions, socket.bufferedAmount], ['', '', 0])
})

// Not all browsers dispatch a close event for these; `own/life.js` tests that this package does.
for (const port of [1, 25, 6000, 6667]) {
  standard(`the blocked port ${port}`, (facts) => {
    facts.throws('thrown', () => facts.create(`ws://localhost:${port}/`), 'nothing')
  })
}
