'use client'

import { useHomingSocket } from 'homing/react'
import { useEffect, useState } from 'react'
import { OPTIONS, scenario } from '../../../scenario.js'

export default function Page() {
  const [server, setServer] = useState(null)
  useEffect(() => setServer(new URL(location.href).searchParams.get('server')), [])
  const { socket, state } = useHomingSocket(server, OPTIONS)
  useEffect(() => {
    if (socket) scenario(socket).then((seen) => (globalThis.result = seen))
  }, [socket])
  return <p>{state}</p>
}
