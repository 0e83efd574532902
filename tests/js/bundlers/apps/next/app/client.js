'use client'

import { HomingSocket } from 'homing'
import { useEffect, useState } from 'react'
import { OPTIONS, scenario } from '../../scenario.js'

export function Client() {
  const [seen, setSeen] = useState([])
  useEffect(() => {
    const server = new URL(location.href).searchParams.get('server')
    const socket = new HomingSocket(server, undefined, OPTIONS)
    scenario(socket).then((all) => {
      setSeen(all)
      globalThis.result = all
    })
    return () => socket.close()
  }, [])
  return <p>{seen.join(', ') || `the class is a ${typeof HomingSocket}`}</p>
}
