// Echo clients, as the Autobahn TestSuite's fuzzing server wants them: one of the class that is there, one of ours.

import { HomingSocket, Native, where } from '../support/homing.js'

const AGENTS = {
  bare: (url) => new Native(url),
  homing: (url) => new HomingSocket(url, [], { reconnect: false, ...(where === 'node' ? { WebSocket: Native } : {}) }),
}

/** The end of a socket that hands what it hears to `hear`. */
function end(make, url, hear) {
  return new Promise((resolve) => {
    const socket = make(url)
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => hear(data, socket)
    // Many cases end badly, as they should. Without a listener the class of Node's would throw.
    socket.onerror = () => {}
    socket.onclose = resolve
  })
}

/** What the server says last when asked for something. */
async function ask(server, what) {
  let answer
  await end(AGENTS.bare, `${server}/${what}`, (data) => (answer = data))
  return answer && JSON.parse(answer)
}

/**
 * Runs each case with each class, or only the cases that are named, so many at the same time, and has the server write
 * its reports.
 */
export async function run(server, turns, named) {
  const count = await ask(server, 'getCaseCount')
  if (!(count > 0)) throw new Error('the server tells of no cases')
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
  // Of all agents.
  await ask(server, 'updateReports?agent=bare')
}
