import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import * as Y from 'yjs'
import { edits, Reconnecting, threeCuts } from './support.js'

function run({ url, control }, WebSocketPolyfill) {
  const name = crypto.randomUUID()
  const document = new Y.Doc()
  const delays = { delay: 20, minDelay: 20, maxDelay: 50 }
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill, ...delays })
  const provider = new HocuspocusProvider({ websocketProvider, name, document })
  provider.attach()
  const stop = () => {
    provider.destroy()
    websocketProvider.destroy()
  }
  return { flows: edits(control, name, document), stop }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),
  // The library closes a socket that has lost its connection, so one that reconnects does no harm.
  'three cuts and a stop with a reconnecting class': (t) => threeCuts(t, run, Reconnecting),
}
