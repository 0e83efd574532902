// A page with zone.js, whose client is created in one zone and whose listeners are added in another: `?url=...`.

import { HomingSocket } from '../support/homing.js'

const url = new URLSearchParams(location.search).get('url')
const tasks = []
const zone = (name) =>
  Zone.root.fork({
    name,
    onScheduleTask: (delegate, _current, target, task) => {
      if (task.type === 'macroTask') tasks.push(name)
      return delegate.scheduleTask(target, task)
    },
  })
const [outside, inside] = [zone('outside'), zone('inside')]
const notes = []
const note = (what) => notes.push(`${what} ${Zone.current.name}`)

const socket = outside.run(() => {
  const options = { reconnect: { max: 20 }, heartbeat: { message: 'beat', interval: 30, timeout: 60_000 } }
  return new HomingSocket(url, undefined, options)
})
inside.run(() => {
  socket.addEventListener('open', () => note('open'))
  socket.addEventListener('message', { handleEvent: ({ data }) => data === 'x' && note('object') })
  socket.addEventListener('message', ({ data }) => data === 'x' && note('function'))
  socket.onmessage = ({ data }) => data === 'x' && note('attribute')
  socket.addEventListener('close', () => note('close'))
  socket.addEventListener('reconnecting', () => note('reconnecting'))
})
globalThis.seen = {
  notes,
  tasks,
  socket,
  send: () => inside.run(() => socket.send('x')),
  reconnect: () => inside.run(() => socket.reconnect()),
}
