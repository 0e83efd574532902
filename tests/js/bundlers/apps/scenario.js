// The scenario of every app: connects, receives an echo, is cut off, reconnects, and receives the echo of what it sent meanwhile.

export const OPTIONS = { reconnect: { min: 20, max: 50 } }

export async function scenario(socket) {
  const seen = []
  const note = {
    open: () => 'open',
    message: ({ data }) => (typeof data === 'string' ? data : `bytes ${new Uint8Array(data)}`),
    close: ({ code }) => `close ${code}`,
    reconnecting: ({ attempt }) => `reconnecting ${attempt}`,
    end: ({ reason }) => `end ${reason}`,
  }
  const waiting = {}
  for (const type in note) {
    socket.addEventListener(type, (event) => {
      seen.push(note[type](event))
      waiting[type]?.()
      delete waiting[type]
    })
  }
  const next = (type) => new Promise((resolve) => (waiting[type] = resolve))

  socket.binaryType = 'arraybuffer'
  // A component sees its socket shortly after it was created.
  if (socket.readyState === 1) seen.push('open')
  else await next('open')
  socket.send('hello')
  await next('message')
  socket.send(Uint8Array.of(1, 2, 3))
  await next('message')
  socket.send('cut')
  await next('close')
  socket.send('sent meanwhile')
  await next('message')
  socket.close(1000, 'done')
  await next('end')
  return seen
}
