import { useHomingSocket } from 'homing/react'
import * as React from 'react'
import { Component, StrictMode, useEffect, useLayoutEffect, useState } from 'react'
import { becomes, equal, run, test } from './harness.jsx'

const QUICK = { reconnect: { min: 20, max: 50 } }

/** Shows the state; `out` receives the result of the hook. */
function Feed({ url, out = {}, ...options }) {
  Object.assign(out, useHomingSocket(url, { ...QUICK, ...options }))
  return out.state
}

test('strict mode connects once, and unmounting closes', async (t) => {
  t.render(
    <StrictMode>
      <Feed url={t.url()} />
    </StrictMode>,
  )
  equal(t.text(), '')
  await becomes(t.text, 'open')
  equal(await t.journal(), ['open'])
  t.unmount()
  await becomes(t.open, 0)
  equal(await t.journal(), ['open'])
})

test('after unmounting nothing is sent or kept', async (t) => {
  const out = {}
  t.render(
    <StrictMode>
      <Feed url={t.url()} out={out} />
    </StrictMode>,
  )
  await becomes(t.text, 'open')
  t.unmount()
  await becomes(t.open, 0)
  let name
  try {
    out.send('into nothing')
  } catch (error) {
    name = error.name
  }
  equal(name, 'InvalidStateError')
})

test('set-up is that of the latest render', async (t) => {
  const calls = []
  const out = {}
  const show = (word) => t.render(<Feed url={t.url()} out={out} setup={() => calls.push(word)} />)
  show('first')
  await becomes(t.text, 'open')
  show('second')
  out.send('cut')
  await becomes(() => calls, ['first', 'second'])
})

test('messages are passed to the callback of the latest render', async (t) => {
  const received = []
  const out = {}
  const show = (word) => t.render(<Feed url={t.url()} out={out} onMessage={({ data }) => received.push(`${word} ${data}`)} />)
  show('first')
  await becomes(t.text, 'open')
  out.send('a')
  await becomes(() => received, ['first a'])
  const { send, socket } = out
  show('second')
  await becomes(() => {
    out.send('b')
    return received.at(-1)
  }, 'second b')
  equal(out.send === send && out.socket === socket, true)
  equal(await t.open(), 1)
})

test('messages of the first effects arrive once, those of children first', async (t) => {
  function Child({ send }) {
    useEffect(() => send('child'), [send])
    return null
  }
  function Parent() {
    const { send } = useHomingSocket(t.url(), QUICK)
    useEffect(() => send('parent'), [send])
    return <Child send={send} />
  }
  t.render(
    <StrictMode>
      <Parent />
    </StrictMode>,
  )
  await becomes(t.journal, ['open', 'child', 'parent'])
})

test('messages of layout effects are for the URL that is rendered', async (t) => {
  const refused = []
  function Child({ send, url }) {
    useLayoutEffect(() => {
      try {
        send(url === null ? 'for nobody' : `for ${url.slice(-1)}`)
      } catch ({ name }) {
        refused.push(name)
      }
    }, [send, url])
    return null
  }
  function Parent({ url }) {
    const { send, state } = useHomingSocket(url, QUICK)
    return (
      <>
        {state}
        <Child send={send} url={url} />
      </>
    )
  }
  const show = (url) => t.render(<Parent url={url} />)
  show(t.url('a'))
  await becomes(t.text, 'open')
  show(t.url('b'))
  await becomes(() => t.journal('b'), ['open', 'for b'])
  await becomes(t.text, 'open')
  show(null)
  await becomes(t.text, 'closed')
  equal(refused, ['InvalidStateError'])
  equal(await t.journal('a'), ['open', 'for a'])
  equal(await t.journal('b'), ['open', 'for b'])
})

test('early messages are limited as those that wait for a connection', async (t) => {
  const refused = []
  function Parent() {
    const { send, state } = useHomingSocket(t.url(), { ...QUICK, maxSendBuffer: 10 })
    useEffect(() => {
      for (const text of ['123456789', 'x', 'too much', 'for it']) {
        try {
          send(text)
        } catch ({ name }) {
          refused.push(name)
        }
      }
    }, [send])
    return state
  }
  t.render(<Parent />)
  await becomes(t.text, 'open')
  await becomes(t.journal, ['open', '123456789', 'x'])
  equal(refused, ['QuotaExceededError', 'QuotaExceededError'])
})

test('subprotocols that become a function make another client', async (t) => {
  const out = {}
  t.render(<Feed url={t.url()} out={out} />)
  await becomes(t.text, 'open')
  const { socket } = out
  t.render(<Feed url={t.url()} out={out} protocols={() => undefined} />)
  await becomes(() => out.state === 'open' && out.socket !== socket, true)
  equal(socket.state, 'closed')
})

test('a cut is shown, and the client reconnects', async (t) => {
  const out = {}
  const events = []
  const states = []
  function Watch() {
    const { state } = Object.assign(
      out,
      useHomingSocket(t.url(), {
        // Long enough for each wait to be rendered.
        reconnect: { min: 200, max: 200, jitter: 0 },
        onOpen: (_, socket) => {
          events.push('open')
          socket.send('subscribe')
        },
        onClose: ({ code }) => events.push(`close ${code}`),
        onError: ({ type }) => events.push(type),
      }),
    )
    if (states.at(-1) !== state) states.push(state)
    return state
  }
  t.render(<Watch />)
  await becomes(t.text, 'open')
  out.send('cut')
  await becomes(t.text, 'waiting')
  out.send('sent meanwhile')
  await becomes(t.text, 'open')
  const again = ['refused', 'refused', 'open', 'subscribe', 'sent meanwhile']
  await becomes(t.journal, ['open', 'subscribe', 'cut', ...again])
  equal(events.filter((word) => word === 'open').length, 2)
  equal(events.filter((word) => word === 'close 1006').length, 3)
  equal(events.includes('error'), true)
  // Two attempts are refused before the third one is accepted.
  const attempt = ['waiting', 'connecting']
  equal(states, ['connecting', 'open', ...attempt, ...attempt, ...attempt, 'open'])
})

test('another URL makes another client', async (t) => {
  const out = {}
  const received = []
  const show = (more) => t.render(<Feed url={t.url(more)} out={out} onMessage={({ data }) => received.push(data)} />)
  show('/1')
  await becomes(t.text, 'open')
  const first = out.socket
  show('/2')
  await becomes(() => t.open('/2'), 1)
  await becomes(t.text, 'open')
  await becomes(() => t.open('/1'), 0)
  equal((await first.closed).reason, 'closed')
  equal(out.socket.url, t.url('/2'))
  out.send('hello')
  await becomes(() => received, ['hello'])
  equal(await t.journal('/1'), ['open'])
  show('/3')
  await becomes(() => t.open('/3'), 1)
  await becomes(() => t.open('/2'), 0)
})

test('other options and the same protocols keep the client', async (t) => {
  const out = {}
  const show = (protocols, maxSendBuffer) =>
    t.render(<Feed url={t.url()} out={out} protocols={protocols} maxSendBuffer={maxSendBuffer} />)
  show(['a', 'b'], 1000)
  await becomes(t.text, 'open')
  const first = out.socket
  equal(first.protocol, 'a')
  for (const size of [2000, 3000]) show(['a', 'b'], size)
  out.send('still')
  await becomes(t.journal, ['open', 'still'])
  show(['b'], 3000)
  await becomes(() => out.socket && out.socket !== first && out.socket.protocol, 'b')
  await becomes(t.open, 1)
})

test('null makes no client', async (t) => {
  const out = {}
  t.render(<Feed url={null} out={out} />)
  await becomes(t.text, 'closed')
  let name
  try {
    out.send('into nothing')
  } catch (error) {
    name = error.name
  }
  equal([name, out.socket ?? null], ['InvalidStateError', null])
  t.render(<Feed url={t.url()} out={out} />)
  await becomes(t.text, 'open')
  equal(await t.journal(), ['open'])
  t.render(<Feed url={null} out={out} />)
  await becomes(t.text, 'closed')
  await becomes(t.open, 0)
})

test('the function of the latest render is called for each attempt', async (t) => {
  const out = {}
  const asked = []
  const show = (token) =>
    t.render(
      <Feed
        out={out}
        token={token}
        url={async () => {
          asked.push(token)
          return t.url()
        }}
      />,
    )
  show('old')
  await becomes(t.text, 'open')
  equal(asked, ['old'])
  show('new')
  out.send('cut')
  await becomes(() => t.journal().then((lines) => lines.filter((line) => line === 'open').length), 2)
  equal(asked, ['old', 'new', 'new', 'new'])
})

test('unmounting before the first attempt prevents it', async (t) => {
  const { flushSync } = await import('react-dom')
  flushSync(() => t.render(<Feed url={t.url('/never')} />))
  flushSync(() => t.unmount())
  await Promise.resolve()
  // The server would have seen the first connection before this one.
  await new Promise((resolve) => {
    const after = new WebSocket(t.url())
    after.onopen = () => after.close()
    after.onclose = resolve
  })
  equal(await t.journal('/never'), [])
})

test('unmounting while waiting ends the client without a callback', async (t) => {
  const out = {}
  const events = []
  t.render(<Feed url={t.url()} out={out} reconnect={{ min: 60_000, max: 60_000 }} onClose={() => events.push('close')} />)
  await becomes(t.text, 'open')
  const { socket } = out
  out.send('cut')
  await becomes(t.text, 'waiting')
  t.unmount()
  equal((await socket.closed).reason, 'closed')
  equal(events, ['close'])
  equal(await t.journal(), ['open', 'cut'])
})

test('unmounting while open ends the client without a callback', async (t) => {
  const out = {}
  const events = []
  t.render(<Feed url={t.url()} out={out} onClose={() => events.push('close')} />)
  await becomes(t.text, 'open')
  const { socket } = out
  t.unmount()
  equal((await socket.closed).cause.code, 1000)
  equal(events, [])
})

class Boundary extends Component {
  state = {}
  static getDerivedStateFromError = (error) => ({ error })
  render() {
    return this.state.error ? `caught ${this.state.error.name}` : this.props.children
  }
}

test('an exception of the constructor reaches the error boundary', async (t) => {
  t.render(
    <StrictMode>
      <Boundary>
        <Feed url="not-a-scheme://x" />
      </Boundary>
    </StrictMode>,
  )
  await becomes(t.text, 'caught SyntaxError')
  t.render(
    <Boundary key="2">
      <Feed url={t.url()} reconnect={{ factor: 0 }} />
    </Boundary>,
  )
  await becomes(t.text, 'caught RangeError')
})

test('mounting and unmounting many times leaves nothing behind', async (t) => {
  let shown
  function Toggle() {
    const [count, setCount] = useState(0)
    useEffect(() => {
      if (count < 40) setCount(count + 1)
      else shown = true
    }, [count])
    return count % 2 ? <Feed url={t.url()} /> : null
  }
  t.render(
    <StrictMode>
      <Toggle />
    </StrictMode>,
  )
  await becomes(() => shown, true)
  await becomes(t.open, 0)
})

if (React.Activity) {
  test('a hidden activity has no connection, and reconnects', async (t) => {
    const show = (mode) =>
      t.render(
        <React.Activity mode={mode}>
          <Feed url={t.url()} />
        </React.Activity>,
      )
    show('visible')
    await becomes(t.text, 'open')
    show('hidden')
    await becomes(t.open, 0)
    show('visible')
    await becomes(t.open, 1)
    await becomes(t.text, 'open')
  })
}

run()
