// Checks that the class of `homing/testing` is assignable to the browser's. Compiled, not run.

import { HomingSocket } from 'homing'
import { type CloseInfo, type ConnectionHandler, type FakeConnection, FakeServer, type Message } from 'homing/testing'

const handler: ConnectionHandler = (connection) =>
  connection.protocols.includes('v2') ? connection.accept({ protocol: 'v2' }) : 'refuse'
const server = new FakeServer(handler)
server.script('refuse', 'stall', 'accept', async (connection) => connection.send(await connection.message()))
server.handle(() => {})

const Class: typeof WebSocket = server.WebSocket
const plain: WebSocket = new Class('wss://example.org', ['v2'])
new HomingSocket('wss://example.org', undefined, { WebSocket: server.WebSocket })

export async function all(): Promise<CloseInfo> {
  using _ = server.install()
  const uninstall: () => void = server.install()
  uninstall()
  const connection: FakeConnection = await server.connection()
  const message: Message = await connection.message()
  if (typeof message !== 'string') message.byteLength
  connection.reply((text) => text)
  connection.reply(() => {})
  connection.send(new Uint8Array(1))
  connection.hold()
  connection.release(10)
  connection.stall()
  connection.close(4000, 'why')
  connection.drop()
  server.drop()
  const state: 'connecting' | 'open' | 'closing' | 'closed' = connection.state
  const code: number | undefined = connection.closeReceived?.code
  return state && code ? connection.closed : (await server.attempt()).closed
}

// @ts-expect-error no such decision
server.script('deny')
// @ts-expect-error connections are made by their server
new FakeConnection()

export { plain }
