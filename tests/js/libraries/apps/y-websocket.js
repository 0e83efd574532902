import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { alive, becomes, edits, equal, Reconnecting, threeCuts } from './support.js'

function editor(url, room, WebSocketPolyfill) {
  const doc = new Y.Doc()
  // Without the channel between tabs, which bypasses the server.
  const provider = new WebsocketProvider(url, room, doc, { WebSocketPolyfill, disableBc: true })
  const end = () => {
    provider.destroy()
    doc.destroy()
  }
  return { doc, provider, text: doc.getText('text'), end }
}

function run({ url, control }, Socket) {
  const room = crypto.randomUUID()
  const { doc, end } = editor(url, room, Socket)
  return { flows: edits(control, room, doc), stop: end }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),

  // The library closes a socket that has lost its connection, so one that reconnects does no harm.
  async 'two documents with reconnecting sockets, cut in the middle'({ url, control, onEnd }) {
    const room = crypto.randomUUID()
    const [a, b] = [editor(url, room, Reconnecting), editor(url, room, Reconnecting)]
    onEnd(() => [a, b].forEach(({ end }) => end()))
    const texts = () => [a.text.toString(), b.text.toString()]
    a.text.insert(0, 'hello')
    await becomes(texts, ['hello', 'hello'])
    await control('cut', 3)
    await becomes(() => a.provider.wsconnected || b.provider.wsconnected, false)
    a.text.insert(0, 'oh ')
    b.text.insert(5, ' world')
    await becomes(texts, ['oh hello world', 'oh hello world'])
    equal(await control('open'), 2)
    await alive(2)
    a.end()
    b.end()
    await becomes(() => control('open'), 0)
    await alive(0)
  },
}
