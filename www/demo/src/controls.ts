// The forms and buttons, which are the browser's own, so that keyboards work.

import type { Client } from './client.js'
import { element, numberIn, write } from './dom.js'
import { millis, plural } from './format.js'
import { AWAY, FLOOD, type Server } from './server.js'

function press(id: string, act: () => void): void {
  element(id).addEventListener('click', act)
}

function submit(id: string, act: () => void): void {
  element(id).addEventListener('submit', (event) => {
    event.preventDefault()
    act()
  })
}

const text = (id: string): string => element<HTMLInputElement>(id).value

export function ofClient(client: Client): void {
  submit('send', () => client.send(text('text'), 1))
  submit('send-many', () => client.send('x'.repeat(numberIn('size')), numberIn('times')))
  press('close', () => client.close())
  press('reconnect', () => client.reconnect())
}

export function ofServer(client: Client, server: Server): void {
  /** Logs a command before its effects. */
  const order = (said: string, done: Promise<void>): void => {
    client.say('you', `ask the server to ${said}`)
    done.catch((error: Error) => client.say('you', `the server cannot be commanded: ${error.message}`))
  }
  const [silence, restart] = [element('silence'), element('restart')]
  press('cut', () => order('cut the connection', server.cut()))
  press('silence', () => {
    const on = silence.ariaPressed !== 'true'
    silence.ariaPressed = `${on}`
    order(on ? 'stop sending' : 'send again', server.silence(on))
  })
  press('restart', () => {
    // Not `disabled`, which would remove the keyboard's focus.
    if (restart.ariaDisabled === 'true') return
    restart.ariaDisabled = 'true'
    order(
      `restart and stay down for ${millis(AWAY)}`,
      server.restart().finally(() => (restart.ariaDisabled = 'false')),
    )
  })
  press('flood', () => order(`send ${plural(FLOOD.n, 'message')} at once`, server.flood()))
  submit('refuse', () =>
    order(`cut the connection and refuse the next ${numberIn('refusals')}`, server.refuse(numberIn('refusals'))),
  )
  submit('server-close', () => {
    const [code, reason] = [numberIn('code'), text('reason')]
    order(`close with ${code}`, server.close(code, reason))
  })
}

/** The field for a URL. `server` is undefined if the demo's server does not answer. */
export function ofUrl(client: Client, server: Server | undefined): void {
  const field = element<HTMLInputElement>('url')
  const beat = element<HTMLInputElement>('beat')
  const home = element<HTMLButtonElement>('home')

  const connect = (): void => {
    const fault = element('url-fault')
    try {
      client.connect(field.value, beat.checked)
      write(fault, '')
      field.removeAttribute('aria-invalid')
      offerCommands(server, server?.has(field.value) ?? false)
    } catch (error) {
      write(fault, (error as Error).message)
      field.ariaInvalid = 'true'
    }
  }
  const goHome = (): void => {
    if (!server) return
    field.value = server.url
    beat.checked = true
    connect()
  }
  submit('where', connect)
  press('home', goHome)
  home.disabled = !server
  // Few other servers echo.
  field.addEventListener('change', () => (beat.checked = server?.has(field.value) ?? false))
  offerCommands(server, false)
  goHome()
}

/** Enables the commands for the server if the client is connected to it, and otherwise shows why not. */
function offerCommands(server: Server | undefined, connected: boolean): void {
  element<HTMLFieldSetElement>('server').disabled = !connected
  const elsewhere = 'These buttons command the demo’s server, and the client is connected to another one.'
  const gone = 'The demo’s server does not answer.'
  write(element('server-note'), connected ? 'What should go wrong?' : server ? elsewhere : gone)
}
