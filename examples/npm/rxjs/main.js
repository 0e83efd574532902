import { HomingSocket } from 'homing'
import { messages, store } from 'homing/store'
import { finalize, from, fromEvent, merge, NEVER, Observable, scan, startWith, switchMap, tap } from 'rxjs'

const url = new URLSearchParams(location.search).get('server') ?? 'wss://example.com/chat'

const app = document.getElementById('app')
app.innerHTML = '<button></button><div></div>'
const [button, place] = app.children

/** A client for as long as something is subscribed to it. */
const connected = new Observable((observer) => {
  const socket = new HomingSocket(url)
  observer.next(socket)
  return () => socket.close()
})

/** Shows a chat until it is unsubscribed. */
const chat = connected.pipe(
  switchMap((socket) => {
    place.innerHTML = '<section><output></output> <span></span><form><input name="text"></form><ul></ul></section>'
    const [output, retry, form, list] = place.querySelectorAll('output, span, form, ul')

    const status = from(store(socket)).pipe(
      tap((client) => {
        output.textContent = client.state
        retry.textContent = client.retry ? `attempt ${client.retry.attempt} in ${client.retry.delay} ms` : ''
      }),
    )
    const lines = from(messages(socket)).pipe(
      tap((line) => list.append(Object.assign(document.createElement('li'), { textContent: line }))),
    )
    const sent = fromEvent(form, 'submit').pipe(
      tap((event) => {
        event.preventDefault()
        socket.send(form.elements.text.value)
        form.reset()
      }),
    )
    return merge(status, lines, sent)
  }),
  finalize(() => place.replaceChildren()),
)

const isShown = fromEvent(button, 'click').pipe(
  scan((isShown) => !isShown, true),
  startWith(true),
  tap((isShown) => (button.textContent = isShown ? 'Leave' : 'Enter')),
)
isShown.pipe(switchMap((isShown) => (isShown ? chat : NEVER))).subscribe()
