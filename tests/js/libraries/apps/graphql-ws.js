import { createClient } from 'graphql-ws'
import { alive, becomes, Counted, equal, made } from './support.js'

// The library dials anew by itself, so the class shall not.
class Socket extends Counted {
  constructor(url, protocols) {
    super(url, protocols, { reconnect: false, openTimeout: 10_000 })
  }
}

/** The same, and it notices a server that has gone silent, which the library does not. */
class Wary extends Counted {
  constructor(url, protocols) {
    super(url, protocols, {
      reconnect: false,
      heartbeat: {
        message: '{"type":"ping"}',
        isReply: (data) => data === '{"type":"pong"}',
        interval: 100,
        timeout: 2000,
      },
    })
  }
}

const QUICK = {
  retryAttempts: Infinity,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  // By default it takes a refused dial for fatal, with any class.
  shouldRetry: () => true,
}

function subscribe(client, into) {
  return client.subscribe(
    { query: 'subscription { tick }' },
    { next: ({ data }) => into.push(data.tick), error: (error) => into.push(`${error}`), complete: () => into.push('complete') },
  )
}

export const cases = {
  async 'queries and subscriptions, cut in the middle'({ url, control, onEnd }) {
    const client = createClient({ url, webSocketImpl: Socket, ...QUICK })
    onEnd(() => client.dispose())
    const { value } = await client.iterate({ query: '{ hello }' }).next()
    equal(value.data, { hello: 'world' })
    const ticks = []
    const end = subscribe(client, ticks)
    await becomes(() => control('subscriptions'), 1)
    await control('publish', 'one')
    await becomes(() => ticks, ['one'])
    await control('cut', 2)
    await becomes(() => control('subscriptions'), 2)
    await control('publish', 'two')
    await becomes(() => ticks, ['one', 'two'])
    equal(await control('open'), 1)
    await alive(1)
    end()
    await client.dispose()
    await becomes(() => control('open'), 0)
    await alive(0)
  },

  async 'a server that has gone silent'({ url, control, onEnd }) {
    const client = createClient({ url, webSocketImpl: Wary, ...QUICK })
    onEnd(() => client.dispose())
    const ticks = []
    subscribe(client, ticks)
    await becomes(() => control('subscriptions'), 1)
    // Some heartbeats, none of which the library gets to see.
    await becomes(() => made.some(({ stats }) => stats.smoothedRtt >= 0), true)
    const before = await control('subscriptions')
    await control('silence')
    await becomes(async () => (await control('subscriptions')) > before, true)
    await control('publish', 'after')
    await becomes(() => ticks, ['after'])
    await alive(1)
  },

  // Why not to give it the class as it is.
  async 'with both reconnecting, the cut socket comes back beside the new one'({ url, control, onEnd }) {
    const client = createClient({ url, webSocketImpl: Counted, ...QUICK })
    onEnd(() => client.dispose())
    const ticks = []
    subscribe(client, ticks)
    await becomes(() => control('open'), 1)
    await control('cut', 0)
    await becomes(() => control('open'), 2)
    await alive(2)
  },
}
