// Checks the types of the hook in a component. Compiled, not run.

import { useHomingSocket } from 'homing/react'

export function Ticker({ url }: { url: string | null }) {
  const { socket, state, send } = useHomingSocket(url, {
    protocols: ['prices'],
    reconnect: { max: 5000 },
    onMessage: ({ data }) => data,
  })
  return (
    <button type="button" disabled={state !== 'open'} onClick={() => send('subscribe')} title={socket?.url}>
      {state}
    </button>
  )
}
