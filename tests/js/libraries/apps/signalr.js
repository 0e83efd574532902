import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr'
import { arrives, becomes, doubles, equal, Reconnecting, threeCuts } from './support.js'

export async function run({ url, control }, WebSocket) {
  const received = []
  const connection = new HubConnectionBuilder()
    .withUrl(url.replace('ws', 'http'), { WebSocket, transport: HttpTransportType.WebSockets, skipNegotiation: true })
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => 20 })
    .configureLogging(LogLevel.None)
    .build()
  connection.on('Tick', (word) => received.push(word))
  await connection.start()
  const flows = async (word) => {
    // The call rejects until the library is connected again.
    await becomes(() => connection.invoke('Echo', word).catch(() => undefined), word)
    await arrives(control, word, received)
  }
  return { flows, stop: () => connection.stop() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),

  async 'a reconnecting class'(t) {
    // The library closes a socket that has lost its connection, but not one that was never open.
    if (typeof window === 'object' || globalThis.WebSocket.length > 2) return doubles(t, run, 1)
    // In Node the library passes headers as third argument, which the class of `ws` supports and Node's does not.
    const why = await run(t, Reconnecting).catch(({ message }) => message)
    equal([`${why}`.includes('headers'), await t.control('open')], [true, 0])
  },
}
