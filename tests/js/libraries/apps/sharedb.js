import sharedb from 'sharedb/lib/client/index.js'
import { becomes, oneSocket } from './support.js'

/** The library keeps its socket, which must reconnect. */
function run({ url, control }, Socket) {
  const connection = new sharedb.Connection(new Socket(url))
  const prices = connection.get('documents', 'room')
  prices.subscribe()
  const flows = async (word) => {
    await becomes(() => prices.data?.words.length > 0, true)
    prices.submitOp([{ p: ['words', 0], li: word }])
    await becomes(async () => (await control('text', 'room')).includes(word), true)
    await control('append', 'room', `answer to ${word}`)
    await becomes(() => prices.data.words.includes(`answer to ${word}`), true)
  }
  return { flows, stop: () => connection.close() }
}

export const cases = {
  'three cuts and a stop with a reconnecting class': (t) => oneSocket(t, run),
}
