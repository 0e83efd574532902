import { useHomingSocket } from 'homing/react'
import { renderToString } from 'react-dom/server'

function Feed({ url }) {
  const { socket, state } = useHomingSocket(url)
  return `${state} ${typeof socket}`
}

console.log(JSON.stringify([renderToString(<Feed url="ws://127.0.0.1:9" />), renderToString(<Feed url={null} />)]))
