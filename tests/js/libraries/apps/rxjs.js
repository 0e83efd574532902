import { retry } from 'rxjs'
import { webSocket } from 'rxjs/webSocket'
import { alive, arrives, becomes, doubles, equal, made, single, threeCuts } from './support.js'

function run({ url, control }, WebSocketCtor) {
  const subject = webSocket({ url, WebSocketCtor })
  const heard = []
  const subscription = subject.pipe(retry({ delay: 20 })).subscribe((word) => heard.push(word))
  const flows = async (word) => {
    await arrives(control, word, heard)
    subject.next(`echo ${word}`)
    await becomes(() => heard.includes(`echo ${word}`), true)
  }
  return { heard, flows, stop: () => subscription.unsubscribe() }
}

export const cases = {
  'three cuts and a stop': (t) => threeCuts(t, run),

  'a reconnecting class': (t) => doubles(t, run),

  // The library has no heartbeat.
  async 'a server that has gone silent'(t) {
    const isReply = (data) => data === '"beat"'
    const Wary = single({ heartbeat: { message: '"beat"', isReply, interval: 100, timeout: 2000 } })
    const { heard, stop } = run(t, Wary)
    t.onEnd(stop)
    await arrives(t.control, 'before', heard)
    await becomes(() => made[0].stats.smoothedRtt >= 0, true)
    await t.control('silence')
    await becomes(() => made.length > 1, true)
    await arrives(t.control, 'after', heard)
    equal(heard.includes('beat'), false)
    await alive(1)
  },
}
