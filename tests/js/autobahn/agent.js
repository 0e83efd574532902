// Echo clients for the Autobahn TestSuite's fuzzing server: one with the platform's class, one with this package's.

import { HomingSocket, Native, where } from '../support/homing.js'

const AGENTS = {
  bare: (url) => new Native(url),
  homing: (url) => new HomingSocket(url, [], { reconnect: false, ...(where === 'node' ? { WebSocket: Native } : {}) }),
}

/** Opens a socket that passes messages to `receive`. Resolves when it has closed. */
function end(make, url, receive) {
  return new Promise((resolve) => {
    const socket = make(url)
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => receive(data, socket)
    // Many cases fail, as intended. Without a listener, the class of ws would throw.
    socket.onerror = () => {}
    socket.onclose = resolve
  })
}

/** Returns the server's last message for a request. */
async function ask(server, what) {
  let answer
  await end(AGENTS.bare, `${server}/${what}`, (data) => (answer = data))
  return answer && JSON.parse(answer)
}

/**
 * Runs the cases with each class, all or those that are named, so many at the same time. Then the server writes its reports.
 */
export async function run(server, turns, named) {
  const count = await ask(server, 'getCaseCount')
  if (!(count > 0)) throw new Error('the server has no cases')
  const runs = []
  for (let number = 1; number <= count; number++) {
    const wanted = named.length === 0 || named.includes((await ask(server, `getCaseInfo?case=${number}`)).id)
    if (wanted) runs.push(...Object.entries(AGENTS).map(([agent, make]) => [number, agent, make]))
  }
  const turn = async () => {
    for (let next; (next = runs.shift()); ) {
      const [number, agent, make] = next
      await end(make, `${server}/runCase?case=${number}&agent=${agent}`, (data, socket) => socket.send(data))
    }
  }
  await Promise.all(Array.from({ length: turns }, turn))
  // The reports of all agents.
  await ask(server, 'updateReports?agent=bare')
}
