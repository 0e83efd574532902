import { HomingSocket } from 'homing'
import { messages, store } from 'homing/store'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'

const url = new URLSearchParams(location.search).get('server') ?? 'wss://example.com/chat'

function Chat() {
  const [socket, setSocket] = useState()
  const [lines, setLines] = useState([])
  useEffect(() => {
    const socket = new HomingSocket(url)
    messages(socket).subscribe((line) => setLines((lines) => [...lines, line]))
    setSocket(socket)
    return () => socket.close()
  }, [])
  return socket && <Connection socket={socket} lines={lines} />
}

function Connection({ socket, lines }) {
  const { subscribe, getSnapshot } = store(socket)
  const { state, retry } = useSyncExternalStore(subscribe, getSnapshot)

  const send = (event) => {
    event.preventDefault()
    socket.send(event.target.elements.text.value)
    event.target.reset()
  }
  return (
    <section>
      <output>{state}</output> {retry && `attempt ${retry.attempt} in ${retry.delay} ms`}
      <form onSubmit={send}>
        <input name="text" />
      </form>
      <ul>
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
    </section>
  )
}

function App() {
  const [isShown, setShown] = useState(true)
  return (
    <>
      <button type="button" onClick={() => setShown(!isShown)}>
        {isShown ? 'Leave' : 'Enter'}
      </button>
      {isShown && <Chat />}
    </>
  )
}

createRoot(document.getElementById('app')).render(<App />)
