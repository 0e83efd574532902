// The clients of the checks.

/** Creates clients of the npm class. */
export const ofNpm = (HomingSocket, options) => (address, reconnect, notify) => {
  const socket = new HomingSocket(address, [], { ...options, reconnect, maxSendBuffer: 2 ** 24 })
  socket.binaryType = 'arraybuffer'
  for (const type of ['open', 'message', 'error', 'close', 'end']) socket.addEventListener(type, notify)
  return socket
}

/** Creates clients of the crate in WebAssembly, with the module of tests/web/pages. */
export const ofRust = (Client) => (address, reconnect, notify) => {
  const events = {
    message: (data) => ({ data }),
    close: (code, [reason, wasClean]) => ({ code, reason, wasClean }),
    end: (reason) => ({ reason }),
  }
  const client = new Client(address, { reconnect, maxSendBuffer: 2 ** 24 }, (type, value, details) =>
    notify({ type, ...events[type]?.(value, details) }),
  )
  return {
    send: (data) => (typeof data === 'string' ? client.send(data) : client.sendBytes(data)),
    close: (code, reason) => client.closeWith(code, reason),
  }
}
