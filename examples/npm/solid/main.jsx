import { HomingSocket } from 'homing'
import { messages, store } from 'homing/store'
import { createSignal, For, from, onCleanup, Show } from 'solid-js'
import { render } from 'solid-js/web'

const url = new URLSearchParams(location.search).get('server') ?? 'wss://example.com/chat'

function Chat() {
  const socket = new HomingSocket(url)
  onCleanup(() => socket.close())

  const client = from(store(socket))
  const [lines, setLines] = createSignal([])
  onCleanup(messages(socket).subscribe((line) => setLines((lines) => [...lines, line])))

  const send = (event) => {
    event.preventDefault()
    socket.send(event.target.elements.text.value)
    event.target.reset()
  }
  return (
    <section>
      <output>{client().state}</output>
      <Show when={client().retry}>
        {(retry) => (
          <>
            {' '}
            attempt {retry().attempt} in {retry().delay} ms
          </>
        )}
      </Show>
      <form onSubmit={send}>
        <input name="text" />
      </form>
      <ul>
        <For each={lines()}>{(line) => <li>{line}</li>}</For>
      </ul>
    </section>
  )
}

function App() {
  const [isShown, setShown] = createSignal(true)
  return (
    <>
      <button type="button" onClick={() => setShown(!isShown())}>
        {isShown() ? 'Leave' : 'Enter'}
      </button>
      <Show when={isShown()}>
        <Chat />
      </Show>
    </>
  )
}

render(() => <App />, document.getElementById('app'))
