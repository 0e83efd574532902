// The part of the service workers that does not depend on their clients.

/** Creates a client by `connect`, and answers messages of the page with its events. */
export function serve(connect) {
  const notes = []
  addEventListener('message', ({ ports: [port] }) => port.postMessage(notes))
  addEventListener('install', () => skipWaiting())
  connect(new URLSearchParams(location.search).get('url'), (kind) => notes.push(kind))
}

/** Creates a client of the npm package. */
export const npm = (HomingSocket) => (url, notify) => {
  const socket = new HomingSocket(url)
  for (const type of ['open', 'error', 'close', 'end']) socket.addEventListener(type, () => notify(type))
}
