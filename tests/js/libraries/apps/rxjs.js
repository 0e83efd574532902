import { retry } from 'rxjs'
import { webSocket } from 'rxjs/webSocket'
import { alive, arrives, becomes, doubles, equal, made, single, threeCuts } from './support.js'

function run({ url, control }, WebSocketCtor) {
  const subject = webSocket({ url, WebSocketCtor })
  const received = []
  const subscription = subject.pipe(retry({ delay: 20 })).subscribe((word) => received.push(word))
  const flows = async (word) => {
    await arrives(control, word, received)
    subject.next(`echo ${word}`)
    await becomes(() => received.includes(`echo ${word}`), true)
  }
  return { received, flows, stop: () => subscription.unsubscribe() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),

  'a reconnecting class': (t) => doubles(t, run),

  // The library has no heartbeat.
  async 'a server that has gone silent'(t) {
    const isReply = (data) => data === '"beat"'
    const Wary = single({ heartbeat: { message: '"beat"', isReply, interval: 100, timeout: 2000 } })
    const { received, stop } = run(t, Wary)
    t.onEnd(stop)
    await arrives(t.control, 'before', received)
    await becomes(() => made[0].stats.smoothedRtt >= 0, true)
    await t.control('silence')
    await becomes(() => made.length > 1, true)
    await arrives(t.control, 'after', received)
    equal(received.includes('beat'), false)
    await alive(1)
  },
}
